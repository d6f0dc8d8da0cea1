import { Problem } from '@codex/platform';
import type { FastifyReply } from 'fastify';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Credential } from './credential';

/**
 * So many requests a second for each credential, counted in this process. Says where the caller stands in `RateLimit` and
 * `RateLimit-Policy` of every answer; beyond the limit 429 with `Retry-After`.
 */
export class RateLimit {
  private readonly limiter: RateLimiterMemory;
  private readonly policy: string;

  constructor(perSecond: number) {
    this.limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
    this.policy = `"default";q=${perSecond};w=1`;
  }

  /** `reply` is null for what is no request: a message of an open connection. */
  async count(credential: Credential, reply: FastifyReply | null): Promise<void> {
    try {
      const state = await this.limiter.consume(credential.id);
      if (reply !== null) this.tell(state, reply);
    } catch (rejected) {
      if (!(rejected instanceof RateLimiterRes)) throw rejected;
      if (reply !== null) this.tell(rejected, reply);
      throw new Problem('RATE_LIMITED', undefined, { retryAfterS: secondsOf(rejected) });
    }
  }

  private tell(state: RateLimiterRes, reply: FastifyReply): void {
    reply.header('ratelimit-policy', this.policy);
    reply.header('ratelimit', `"default";r=${state.remainingPoints};t=${secondsOf(state)}`);
  }
}

function secondsOf(state: RateLimiterRes): number {
  return Math.max(1, Math.ceil(state.msBeforeNext / 1000));
}
