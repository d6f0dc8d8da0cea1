import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigInvalid } from '@codex/platform';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, type JWTVerifyGetKey } from 'jose';
import { ApiKeys, readApiKeys } from './api-keys';
import { BearerTokens, remoteKeys } from './bearer-tokens';

const tenantId = '0193B0A0-0000-7000-8000-000000000001';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const stored = { id: 'k1', sha256: sha256('s3cret'), tenantId, roles: ['member' as const], actor: 'actor-1' };

describe('API keys', () => {
  const keys = new ApiKeys([stored, { ...stored, id: 'k2', sha256: sha256('other') }]);

  it('are found by what only their owner knows', () => {
    expect(keys.find('s3cret')).toEqual({
      id: 'k1',
      caller: { actor: 'actor-1', tenantId: tenantId.toLowerCase(), roles: ['member'] },
      expiresAtMs: null,
    });
    expect(keys.find('other')?.id).toBe('k2');
  });

  it.each(['', 'S3cret', 's3cret ', stored.sha256])('are not %j', (key) => {
    expect(keys.find(key)).toBeNull();
  });

  describe('in their file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'keys-'));
    const file = join(folder, 'keys.json');
    afterAll(() => rmSync(folder, { recursive: true }));

    it('are read', () => {
      writeFileSync(file, JSON.stringify([stored]));
      expect(readApiKeys(file)).toEqual([stored]);
    });

    it('show all mistakes and no hash', () => {
      writeFileSync(file, JSON.stringify([{ ...stored, roles: ['boss'], sha256: 'plain-secret' }]));
      const mistakes = (() => {
        try {
          return readApiKeys(file);
        } catch (error) {
          return (error as ConfigInvalid).mistakes;
        }
      })();
      expect(mistakes).toHaveLength(2);
      expect(mistakes.join()).not.toContain('plain-secret');
    });

    it('must be there', () => {
      expect(() => readApiKeys(join(folder, 'missing.json'))).toThrow(ConfigInvalid);
    });
  });
});

describe('bearer tokens', () => {
  const issuer = 'https://issuer.test/';
  const audience = 'codex';

  async function setUp(algorithm: string) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm);
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: algorithm, kid: 'k' }] });
    const sign = (claims: Record<string, unknown>, over: { issuer?: string; audience?: string; exp?: number } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: algorithm, kid: 'k' })
        .setIssuer(over.issuer ?? issuer)
        .setAudience(over.audience ?? audience)
        .setExpirationTime(over.exp ?? Math.floor(Date.now() / 1000) + 300)
        .sign(privateKey);
    return { tokens: new BearerTokens({ issuer, audience, keys }), sign };
  }

  it.each(['RS256', 'ES256', 'EdDSA'])('signed with %s say who calls', async (algorithm) => {
    const { tokens, sign } = await setUp(algorithm);
    const exp = Math.floor(Date.now() / 1000) + 300;
    const token = await sign({ sub: 'user-1', tenant: 'tenant-1', roles: ['member', 'boss'] }, { exp });
    const credential = {
      expiresAtMs: exp * 1000,
      id: 'jwt:tenant-1:user-1',
      caller: { actor: 'user-1', tenantId: 'tenant-1', roles: ['member'] },
    };
    expect(tokens.recall(token)).toBeUndefined();
    expect(await tokens.verify(token)).toEqual(credential);
    expect(tokens.recall(token)).toEqual(credential);
    expect(tokens.recall(token, Date.now() + 61_000)).toBeUndefined();
  });

  it.each([
    ['of another issuer', {}, { issuer: 'https://other.test/' }],
    ['for another audience', {}, { audience: 'other' }],
    ['that expired', {}, { exp: 1 }],
    ['without a tenant', { tenant: undefined }, {}],
    ['without a subject', { sub: undefined }, {}],
  ])('are refused when %s', async (_, claims, over) => {
    const { tokens, sign } = await setUp('ES256');
    const token = await sign({ sub: 'user-1', tenant: 'tenant-1', roles: ['admin'], ...claims }, over);
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('are refused when somebody else signed them, or nobody', async () => {
    const { tokens } = await setUp('ES256');
    const { sign } = await setUp('ES256');
    await expect(tokens.verify(await sign({ sub: 'u', tenant: 't' }))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(tokens.verify('a.b.c')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('can’t be judged while the keys can’t be fetched: that is not the caller’s fault', async () => {
    const { sign } = await setUp('ES256');
    const keys: JWTVerifyGetKey = remoteKeys('http://127.0.0.1:1/jwks.json');
    const tokens = new BearerTokens({ issuer, audience, keys });
    const token = await sign({ sub: 'u', tenant: 't', roles: [] });
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
  });
});
