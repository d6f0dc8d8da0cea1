import { NotFound } from '@codex/event-sourcing';
import { AgentGone } from '../domain/agent.errors';
import type { ClaimOutcome, ClaimRequest, LeasedRun } from './claim-round';

/** A request that may wait for work. */
export interface WaitingRequest extends ClaimRequest {
  readonly waitMs: number;
  /** Aborted when the caller is gone: it gets nothing any more. */
  readonly signal: AbortSignal;
}

/** Serves requests of one tenant together; see `ClaimRound`. */
export type ServeClaims = (tenantId: string, requests: readonly ClaimRequest[]) => Promise<readonly ClaimOutcome[]>;

export interface ClaimDeskOptions {
  readonly serve: ServeClaims;
  /** Told when what was seen of the queue is out of date. */
  readonly queueChanged: () => void;
  /** How often waiting requests are looked at without any hint; hints of other replicas may get lost. */
  readonly pollIntervalMs?: number;
}

interface Waiter {
  readonly request: WaitingRequest;
  readonly deadline: number;
  readonly resolve: (runs: readonly LeasedRun[]) => void;
  readonly reject: (error: unknown) => void;
  readonly onGone: () => void;
  /** The news up to which it was looked at. */
  seen: number;
}

const POLL_INTERVAL_MS = 500;
/** So that one round's transaction stays short; whoever is beyond it is served by the next round. */
const MAX_RUNS_PER_ROUND = 200;

/**
 * Where agents wait for work. One round at a time serves everybody who waits; what arrives meanwhile shares the next round.
 * Without news it rests: a round starts for a new request, when somebody calls {@link wake}, and at a slow beat while
 * anybody waits. A request whose caller is gone leaves at once; what a running round claims for it is freed by its lease.
 */
export class ClaimDesk {
  private readonly waiters = new Set<Waiter>();
  private running = false;
  private news = 0;
  private closed = false;
  private beat: NodeJS.Timeout | undefined;

  constructor(private readonly options: ClaimDeskOptions) {}

  /** Resolves with runs as soon as there are any, and with none when the time is over, the caller left or the desk closes. */
  claim(request: WaitingRequest): Promise<readonly LeasedRun[]> {
    if (this.closed || request.signal.aborted) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + request.waitMs;
      const waiter: Waiter = { request, deadline, resolve, reject, onGone: () => this.leave(waiter, []), seen: -1 };
      request.signal.addEventListener('abort', waiter.onGone, { once: true });
      this.waiters.add(waiter);
      this.wake();
    });
  }

  /** Runs were added or taken back, priorities, limits or pauses moved. */
  queueChanged(): void {
    this.options.queueChanged();
    this.wake();
  }

  /** There may be something to claim now, because slots got free. Cheap. */
  wake(): void {
    this.news += 1;
    if (!this.running && this.waiters.size > 0) void this.run();
  }

  /** Requests that wait now. */
  get waiting(): number {
    return this.waiters.size;
  }

  /** Everybody who waits gets nothing, now and later. */
  close(): void {
    this.closed = true;
    clearTimeout(this.beat);
    for (const waiter of this.waiters) this.leave(waiter, []);
  }

  private async run(): Promise<void> {
    this.running = true;
    clearTimeout(this.beat);
    // Requests of one turn of the event loop share a round.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.nextBatch(); batch.length > 0; batch = this.nextBatch()) {
      await this.serveAll(batch);
      this.expire();
    }
    this.running = false;
    if (this.waiters.size > 0) this.rest();
  }

  /** Those who have not been looked at since the last news, the longest waiting first. */
  private nextBatch(): readonly Waiter[] {
    const batch: Waiter[] = [];
    let wanted = 0;
    for (const waiter of this.waiters) {
      if (waiter.seen === this.news || wanted >= MAX_RUNS_PER_ROUND) continue;
      waiter.seen = this.news;
      wanted += waiter.request.max;
      batch.push(waiter);
    }
    return batch;
  }

  private async serveAll(batch: readonly Waiter[]): Promise<void> {
    for (const [tenantId, waiters] of Map.groupBy(batch, (waiter) => waiter.request.command.tenantId)) {
      try {
        const outcomes = await this.options.serve(
          tenantId,
          waiters.map((waiter) => waiter.request),
        );
        waiters.forEach((waiter, index) => this.settle(waiter, outcomes[index]!));
      } catch (error) {
        for (const waiter of waiters)
          this.leave(waiter, error instanceof Error ? error : new Error('claims failed', { cause: error }));
      }
    }
  }

  private settle(waiter: Waiter, outcome: ClaimOutcome): void {
    const { agentId } = waiter.request;
    if (outcome.agent === 'missing') this.leave(waiter, new NotFound(`agent ${agentId}`));
    if (outcome.agent === 'gone') this.leave(waiter, new AgentGone(agentId));
    if (outcome.agent === 'known' && outcome.runs.length > 0) this.leave(waiter, outcome.runs);
  }

  private expire(): void {
    const now = performance.now();
    // Whoever has not had a look yet gets one, also with no time to wait.
    for (const waiter of this.waiters) if (waiter.deadline <= now && waiter.seen >= 0) this.leave(waiter, []);
  }

  private rest(): void {
    const now = performance.now();
    const next = Math.min(...[...this.waiters].map((waiter) => waiter.deadline - now));
    const delayMs = Math.max(1, Math.min(next, this.options.pollIntervalMs ?? POLL_INTERVAL_MS));
    this.beat = setTimeout(() => this.wake(), delayMs);
    this.beat.unref();
  }

  private leave(waiter: Waiter, result: readonly LeasedRun[] | Error): void {
    if (!this.waiters.delete(waiter)) return;
    waiter.request.signal.removeEventListener('abort', waiter.onGone);
    if (result instanceof Error) waiter.reject(result);
    else waiter.resolve(result);
  }
}
