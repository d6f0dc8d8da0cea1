import { generateKeyPairSync } from 'node:crypto';
import { importJWK, SignJWT, type JWTPayload } from 'jose';
import type { Ed25519Jwk } from '../config/config-slices';
import { InternalTokenIssuer, InternalTokenVerifier } from './internal-token';

const caller = { actor: 'actor-1', tenantId: 'tenant-1', roles: ['member', 'auditor'] };

function keys(): { publicJwk: Ed25519Jwk; privateJwk: Ed25519Jwk } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicJwk: publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk,
    privateJwk: privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk,
  };
}

const { publicJwk, privateJwk } = keys();
const verifier = new InternalTokenVerifier(publicJwk);
const rejection = { code: 'UNAUTHENTICATED' };

async function forge(claims: JWTPayload, options: { issuer?: string; audience?: string; expires?: number } = {}) {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(options.issuer ?? 'codex-gateway')
    .setAudience(options.audience ?? 'codex-internal')
    .setSubject('actor-1')
    .setExpirationTime(options.expires ?? Math.floor(Date.now() / 1000) + 60)
    .sign(await importJWK({ ...privateJwk }, 'EdDSA'));
}

const claims = { tenant: 'tenant-1', roles: ['member'] };

describe('internal tokens', () => {
  it('carry the caller from the gateway to a service', async () => {
    expect(await verifier.verify(await new InternalTokenIssuer(privateJwk).tokenFor(caller))).toEqual(caller);
  });

  it('are remembered until they expire', async () => {
    const token = await new InternalTokenIssuer(privateJwk).tokenFor({ ...caller, actor: 'actor-2' });
    expect(verifier.recall(token)).toBeUndefined();
    await verifier.verify(token);
    expect(verifier.recall(token)).toEqual({ ...caller, actor: 'actor-2' });
    expect(verifier.recall(token, Date.now() + 61_000)).toBeUndefined();
    expect(verifier.recall(token)).toBeUndefined();
  });

  it('are issued once a caller and renewed when half of their life is spent', async () => {
    let now = Date.now();
    const issuer = new InternalTokenIssuer(privateJwk, () => now);
    const first = await issuer.tokenFor(caller);
    now += 29_000;
    expect(await issuer.tokenFor({ ...caller })).toBe(first);
    now += 2_000;
    expect(await issuer.tokenFor(caller)).not.toBe(first);
    expect(await issuer.tokenFor({ ...caller, roles: ['admin'] })).not.toBe(first);
  });

  it.each([
    ['of another key', () => new InternalTokenIssuer(keys().privateJwk).tokenFor(caller)],
    ['of another issuer', () => forge(claims, { issuer: 'somebody' })],
    ['for another audience', () => forge(claims, { audience: 'elsewhere' })],
    ['that expired', () => forge(claims, { expires: Math.floor(Date.now() / 1000) - 10 })],
    ['without a tenant', () => forge({ roles: ['member'] })],
    ['without roles', () => forge({ tenant: 'tenant-1' })],
    ['with roles that are no list', () => forge({ tenant: 'tenant-1', roles: 'admin' })],
    ['that is no token', () => Promise.resolve('garbage')],
    ['that nobody signed', () => Promise.resolve(`${btoa('{"alg":"none"}')}.${btoa(JSON.stringify(claims))}.`)],
  ])('refuses one %s', async (_, token) => {
    await expect(verifier.verify(await token())).rejects.toMatchObject(rejection);
  });
});
