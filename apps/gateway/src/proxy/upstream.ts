import { Problem } from '@codex/platform';
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  CircuitState,
  ConsecutiveBreaker,
  bulkhead,
  circuitBreaker,
  handleWhen,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import type { Logger } from 'pino';
import { UpstreamFailure } from './upstream-failure';

/** Calls that end soon, and those that are meant to hang: they must not take each other's places. */
export type Lane = 'short' | 'long';

/** How a service is reached and protected. */
export interface UpstreamOptions {
  readonly name: string;
  readonly url: string;
  /** Resolves to true when the service answers its readiness probe with 200. */
  readonly isReady: (url: string) => Promise<boolean>;
  readonly logger: Logger;
  readonly failures?: number;
  readonly openMs?: number;
  readonly probeIntervalMs?: number;
  readonly maxConcurrent?: Readonly<Record<Lane, number>>;
}

const DEFAULTS = { failures: 5, openMs: 60_000, probeIntervalMs: 500, maxConcurrent: { short: 256, long: 1024 } };
const RETRY_AFTER_S = 1;
/** Short calls wait for a place rather than fail in a burst; what waits holds only its body. */
const QUEUED_PER_PLACE = 4;

/**
 * One service behind the gateway, with a bulkhead for each lane and a breaker: after 5 failed calls in a row the service
 * is left alone for 60 s, or until it answers its readiness probe, whichever is first. Failures are connection errors and
 * timeouts; an answer of any status is none.
 */
export class Upstream {
  readonly name: string;
  readonly url: string;
  private readonly options: Required<UpstreamOptions>;
  private readonly lanes: Readonly<Record<Lane, BulkheadPolicy>>;
  private breaker: CircuitBreakerPolicy;
  private probe: NodeJS.Timeout | undefined;

  constructor(options: UpstreamOptions) {
    this.options = { ...DEFAULTS, ...options };
    this.name = options.name;
    this.url = options.url;
    const { short, long } = this.options.maxConcurrent;
    this.lanes = { short: bulkhead(short, short * QUEUED_PER_PLACE), long: bulkhead(long) };
    this.breaker = this.closedBreaker();
  }

  /** True while calls are refused without being tried. */
  get isOpen(): boolean {
    return this.breaker.state === CircuitState.Open;
  }

  /** Runs a call under the lane's bulkhead and the breaker. Throws `UPSTREAM_UNAVAILABLE` when either says no. */
  async call<Result>(lane: Lane, run: () => Promise<Result>): Promise<Result> {
    const { breaker } = this;
    try {
      return await this.lanes[lane].execute(() => breaker.execute(run));
    } catch (error) {
      if (error instanceof BrokenCircuitError || error instanceof BulkheadRejectedError) {
        throw new Problem('UPSTREAM_UNAVAILABLE', undefined, { retryAfterS: RETRY_AFTER_S });
      }
      throw error instanceof UpstreamFailure ? error.problem() : error;
    }
  }

  /** Stops probing; for the shutdown. */
  close(): void {
    clearTimeout(this.probe);
    this.probe = undefined;
  }

  private closedBreaker(): CircuitBreakerPolicy {
    const { failures, openMs } = this.options;
    const breaker = circuitBreaker(
      handleWhen((error) => error instanceof UpstreamFailure),
      { halfOpenAfter: openMs, breaker: new ConsecutiveBreaker(failures) },
    );
    breaker.onBreak(() => {
      if (breaker !== this.breaker) return;
      this.options.logger.warn({ upstream: this.name }, 'breaker opened');
      this.probeSoon();
    });
    breaker.onReset(() => this.options.logger.info({ upstream: this.name }, 'breaker closed'));
    return breaker;
  }

  private probeSoon(): void {
    clearTimeout(this.probe);
    this.probe = setTimeout(() => void this.probeNow(), this.options.probeIntervalMs).unref();
  }

  private async probeNow(): Promise<void> {
    const isReady = await this.options.isReady(this.url).catch(() => false);
    if (this.probe === undefined) return;
    if (this.breaker.state === CircuitState.Closed) return;
    if (!isReady) return this.probeSoon();
    this.breaker = this.closedBreaker();
    this.options.logger.info({ upstream: this.name }, 'breaker closed early: the service is ready');
  }
}
