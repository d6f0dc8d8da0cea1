import { createHash, randomBytes } from 'node:crypto';

const TOKEN_BYTES = 24;

/** A secret that makes a lease its holder's. */
export interface LeaseToken {
  readonly token: string;
  readonly hash: Buffer;
}

/** New, opaque, unguessable tokens. Only their digests are stored: whoever reads the database holds no lease. */
export function mintLeaseTokens(count: number): readonly LeaseToken[] {
  // One call for all of them: asking the system for randomness is what costs.
  const random = randomBytes(TOKEN_BYTES * count);
  return Array.from({ length: count }, (_, n) => {
    const token = random.toString('base64url', TOKEN_BYTES * n, TOKEN_BYTES * (n + 1));
    return { token, hash: hashLeaseToken(token) };
  });
}

export function hashLeaseToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
