import type { Backoff } from '../gateway/backoff';
import type { Beat, BeatStatus, ClaimedRun, Ending } from '../gateway/gateway-client';
import { GatewayUnavailable } from '../gateway/gateway-errors';
import type { Progress } from '../tools/tool';

/** Why a run is stopped before its end. */
export type StopReason = 'cancelled' | 'lost' | 'timeout' | 'stopping';

/** What an execution needs from the worker. */
export interface ExecutionParts {
  /** Does the work; rejects only when the signal was aborted. */
  readonly work: (signal: AbortSignal, report: (progress: Progress) => void) => Promise<Ending>;
  readonly end: (ending: Ending, signal: AbortSignal) => Promise<void>;
  readonly backoff: Backoff;
}

/** What became of a run here. */
export type ExecutionOutcome = 'completed' | 'failed' | 'cancelled' | 'lost' | 'refused' | 'unreported';

/**
 * One run in one slot: works, then reports, for as long as the lease is held. A run that was cancelled or lost is stopped
 * and not reported; one that is out of time or in the way of a shutdown is stopped and reported as failed.
 */
export class RunExecution {
  private readonly working = new AbortController();
  private readonly reporting = new AbortController();
  private stopReason: StopReason | null = null;
  private progress: Progress | null = null;

  constructor(
    readonly run: ClaimedRun,
    private readonly parts: ExecutionParts,
    /** When the lease was last renewed, by this process's own clock; counted from before the call. */
    private renewedAt: number,
  ) {}

  async execute(): Promise<ExecutionOutcome> {
    const { timeoutMs } = this.run;
    const timer =
      timeoutMs === null ? undefined : setTimeout(() => this.stop('timeout'), Math.min(timeoutMs, 2 ** 31 - 1));
    try {
      const ending = await this.work();
      clearTimeout(timer);
      return ending === null ? this.silentOutcome() : await this.report(ending);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops the work. `cancelled` and `lost` also end the reporting: nobody waits for it any more. */
  stop(reason: StopReason): void {
    if (reason === 'cancelled' || reason === 'lost') this.reporting.abort();
    if (this.working.signal.aborted) return;
    this.stopReason = reason;
    this.working.abort(new Error(reason));
  }

  /** Gives up telling how the run ended: its lease will tell. */
  abandon(): void {
    this.reporting.abort();
  }

  /** What the next heartbeat says about this run. */
  beat(): Beat {
    const { runId, leaseToken } = this.run;
    const { progress } = this;
    this.progress = null;
    return { runId, leaseToken, progress };
  }

  /** What the heartbeat that was sent at `sentAt` answered. */
  heard(status: BeatStatus | undefined, sentAt: number): void {
    if (status === 'ok') this.renewedAt = sentAt;
    else if (status !== undefined) this.stop(status);
  }

  /** Another agent may have the run by now: the lease has not been renewed for as long as it lasts. */
  checkLease(now: number, leaseTtlMs: number): void {
    if (now - this.renewedAt >= leaseTtlMs) this.stop('lost');
  }

  private async work(): Promise<Ending | null> {
    try {
      return await this.parts.work(this.working.signal, (progress) => (this.progress = progress));
    } catch (error) {
      if (!this.working.signal.aborted) throw error;
      return endingOfStop(this.stopReason, this.run);
    }
  }

  private async report(ending: Ending): Promise<ExecutionOutcome> {
    const { signal } = this.reporting;
    while (!signal.aborted) {
      try {
        await this.parts.end(ending, signal);
        return ending.kind === 'complete' ? 'completed' : 'failed';
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof GatewayUnavailable)) return 'refused';
        await this.parts.backoff.pause(signal);
      }
    }
    return this.silentOutcome();
  }

  private silentOutcome(): ExecutionOutcome {
    return this.stopReason === 'cancelled' || this.stopReason === 'lost' ? this.stopReason : 'unreported';
  }
}

function endingOfStop(reason: StopReason | null, { timeoutMs }: ClaimedRun): Ending | null {
  if (reason === 'timeout') {
    return {
      kind: 'fail',
      error: { code: 'TIMEOUT', message: `the run took longer than ${timeoutMs} ms` },
      retryable: true,
    };
  }
  if (reason === 'stopping') {
    return { kind: 'fail', error: { code: 'AGENT_STOPPING', message: 'the agent was stopped' }, retryable: true };
  }
  return null;
}
