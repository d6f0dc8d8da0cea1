import { Problem } from '@codex/platform';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { knownRoles, type Credential } from './credential';

/** Whose tokens are accepted. */
export interface BearerOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
}

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
/** A verified token is believed this long at most, so that a withdrawn signing key stops counting soon. */
const REMEMBERED_MS = 60_000;
const REMEMBERED_TOKENS = 10_000;

/** The issuer's public keys, fetched when needed and cached by jose. */
export function remoteKeys(jwksUrl: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 3_000 });
}

/**
 * Verifies bearer tokens. The tenant is the claim `tenant` (or `tenant_id`), the roles the claim `roles` (a list, or words
 * in one text), the actor `sub`. Invalid tokens are 401; keys that can't be fetched are 503.
 */
export class BearerTokens {
  private readonly known = new Map<string, { readonly credential: Credential; readonly untilMs: number }>();

  constructor(private readonly options: BearerOptions) {}

  /** The credential of a token that was verified shortly before. */
  recall(token: string, nowMs: number = Date.now()): Credential | undefined {
    const known = this.known.get(token);
    if (known === undefined || known.untilMs > nowMs) return known?.credential;
    this.known.delete(token);
    return undefined;
  }

  async verify(token: string): Promise<Credential> {
    const payload = await this.payloadOf(token);
    const credential = credentialOf(payload);
    if (this.known.size >= REMEMBERED_TOKENS) this.known.clear();
    this.known.set(token, { credential, untilMs: Math.min(credential.expiresAtMs!, Date.now() + REMEMBERED_MS) });
    return credential;
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    const { issuer, audience, keys } = this.options;
    try {
      const options = { issuer, audience, algorithms: ALGORITHMS, requiredClaims: ['sub', 'exp'] };
      return (await jwtVerify(token, keys, options)).payload;
    } catch (cause) {
      throw new Problem(isAboutToken(cause) ? 'UNAUTHENTICATED' : 'UPSTREAM_UNAVAILABLE', undefined, { cause });
    }
  }
}

function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC'
  );
}

function credentialOf(payload: JWTPayload): Credential {
  const { sub, tenant, tenant_id: tenantId, roles } = payload;
  const owner = tenant ?? tenantId;
  if (typeof owner !== 'string' || owner === '' || owner.length > 200) throw new Problem('UNAUTHENTICATED');
  const names = Array.isArray(roles) ? roles : typeof roles === 'string' ? roles.split(' ') : [];
  const caller = { actor: sub!, tenantId: owner, roles: knownRoles(names) };
  return { id: `jwt:${owner}:${sub}`, caller, expiresAtMs: payload.exp! * 1000 };
}
