import type { IncomingHttpHeaders } from 'node:http';
import { contextOf, mayCall, Problem, type Role } from '@codex/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Authenticator, Presented } from '../credentials/authenticator';
import { endOf, type Credential } from '../credentials/credential';
import type { RateLimit } from '../credentials/rate-limit';

/**
 * Paths of ours are plain: no escapes, no dot segments, no empty ones. Whatever else a URL parser might fold into another
 * path (`%2e%2e`, `\`, `//`) is nowhere.
 */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/;

/** Streams of query-api last an hour and end with a farewell; this is for those that do not, and for sockets. */
const LONGEST_LIVE_MS = 65 * 60_000;

/** Who may pass, and how often: identity first, then the rate, then the role. */
export class Gatekeeper {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly rateLimit: RateLimit,
    private readonly longestLiveMs = LONGEST_LIVE_MS,
  ) {}

  /** True when the request carries anything that claims to be a credential. */
  hasCredential(request: Presented): boolean {
    return this.authenticator.hasCredential(request);
  }

  /** Throws 401, 429, 403 or 404; else the request's context knows its caller. */
  async admit(request: FastifyRequest, reply: FastifyReply, roles: readonly Role[] | null): Promise<void> {
    const credential = await this.authenticator.credentialOf(request);
    await this.rateLimit.count(credential, reply);
    contextOf(request).caller = credential.caller;
    if (roles !== null && !mayCall(credential.caller, roles)) throw new Problem('FORBIDDEN');
    if (!isPlain(request.url)) throw new Problem('NOT_FOUND');
  }

  /** The same for a connection that begins with these headers: throws 401, 429 or 403. */
  async admitConnection(headers: IncomingHttpHeaders, roles: readonly Role[]): Promise<Credential> {
    const credential = await this.authenticator.credentialOf({ headers });
    await this.rateLimit.count(credential, null);
    if (!mayCall(credential.caller, roles)) throw new Problem('FORBIDDEN');
    return credential;
  }

  /** Aborted when the live connection of an admitted request must end. */
  async endOfRequest(request: Presented): Promise<AbortSignal> {
    return this.endOf(await this.authenticator.credentialOf(request));
  }

  /** Aborted when a live connection with this credential must end. */
  endOf(credential: Credential): AbortSignal {
    return endOf(credential, this.longestLiveMs);
  }

  /** Counts a message of an open connection as a request. Throws 429. */
  countMessage(credential: Credential): Promise<void> {
    return this.rateLimit.count(credential, null);
  }
}

function isPlain(url: string): boolean {
  const query = url.indexOf('?');
  return PLAIN_PATH.test(query === -1 ? url : url.slice(0, query));
}
