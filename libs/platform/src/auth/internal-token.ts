import { importJWK, jwtVerify, SignJWT } from 'jose';
import type { Ed25519Jwk } from '../config/config-slices';
import type { Caller } from '../context/request-context';
import { Problem } from '../problems/problem';

/** The header that carries the caller's identity between the gateway and the services. Clients can't set it. */
export const INTERNAL_TOKEN_HEADER = 'x-internal-token';

const ISSUER = 'codex-gateway';
const AUDIENCE = 'codex-internal';
const LIFETIME_S = 60;
const CACHE_LIMIT = 10_000;

interface Verified {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/**
 * Verifies internal tokens with the gateway's public key. A token is verified once and remembered until it expires, so
 * the usual cost is a map lookup. Everything that is not a valid token is 401.
 */
export class InternalTokenVerifier {
  private readonly known = new Map<string, Verified>();
  private readonly key: ReturnType<typeof importJWK>;

  constructor(publicKey: Ed25519Jwk) {
    this.key = importJWK({ ...publicKey }, 'EdDSA');
  }

  /** The caller when the token was verified before and still holds; else undefined: call {@link verify}. */
  recall(token: string, nowMs: number = Date.now()): Caller | undefined {
    const known = this.known.get(token);
    if (known === undefined) return undefined;
    if (known.expiresAtMs > nowMs) return known.caller;
    this.known.delete(token);
    return undefined;
  }

  /** Verifies signature, issuer, audience and expiry. Throws the 401 problem. */
  async verify(token: string): Promise<Caller> {
    const verified = await this.check(token);
    if (this.known.size >= CACHE_LIMIT) this.known.clear();
    this.known.set(token, verified);
    return verified.caller;
  }

  private async check(token: string): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, await this.key, {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'exp', 'tenant', 'roles'],
      });
      const { sub, tenant, roles, exp } = payload;
      if (typeof tenant !== 'string' || !isTextList(roles)) throw new Error('malformed claims');
      return { caller: { actor: sub!, tenantId: tenant, roles }, expiresAtMs: exp! * 1000 };
    } catch (cause) {
      throw new Problem('UNAUTHENTICATED', undefined, { cause });
    }
  }
}

/** Signs internal tokens; one a caller, renewed when half of its life is spent. Only the gateway holds the key. */
export class InternalTokenIssuer {
  private readonly issued = new Map<string, { readonly token: Promise<string>; readonly renewAtMs: number }>();
  private readonly key: ReturnType<typeof importJWK>;

  constructor(
    privateKey: Ed25519Jwk,
    private readonly now: () => number = Date.now,
  ) {
    this.key = importJWK({ ...privateKey }, 'EdDSA');
  }

  /** A token for this caller that holds for at least 30 s. */
  tokenFor(caller: Caller): Promise<string> {
    const name = `${caller.tenantId}\n${caller.actor}\n${caller.roles.join(',')}`;
    const nowMs = this.now();
    const issued = this.issued.get(name);
    if (issued !== undefined && issued.renewAtMs > nowMs) return issued.token;
    if (this.issued.size >= CACHE_LIMIT) this.issued.clear();
    const token = this.sign(caller, Math.floor(nowMs / 1000));
    this.issued.set(name, { token, renewAtMs: nowMs + (LIFETIME_S * 1000) / 2 });
    token.catch(() => this.issued.delete(name));
    return token;
  }

  private async sign(caller: Caller, nowS: number): Promise<string> {
    return new SignJWT({ tenant: caller.tenantId, roles: [...caller.roles] })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(caller.actor)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + LIFETIME_S)
      .sign(await this.key);
  }
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
