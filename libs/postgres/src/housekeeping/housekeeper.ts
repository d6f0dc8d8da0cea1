import type { Pool } from 'pg';
import { inTransaction } from '../transaction';
import type { Chore } from './chore';
import { ChunkSize } from './chunk-size';

/** What a housekeeper tells of itself. */
export interface HousekeeperReports {
  /** A chunk was committed. */
  removed(chore: string, rows: number, tookMs: number): void;
  /** A chore failed; it is tried again at the next beat, and the others go on. */
  failed(chore: string, error: unknown): void;
}

export interface HousekeeperOptions {
  readonly pool: Pool;
  readonly chores: readonly Chore[];
  /** From the end of one beat to the start of the next. */
  readonly intervalMs: number;
  readonly reports: HousekeeperReports;
  /** How long one beat may work; the rest waits for the next. Default 20 s. */
  readonly beatMs?: number;
}

const HOUSEKEEPING_LOCK = 7_318_221_047;
const DEFAULT_BEAT_MS = 20_000;
const SHORTEST_PAUSE_MS = 5;

/**
 * Does chores now and then, in transactions of about 50 ms with pauses as long in between, so that nobody notices. Of all
 * replicas on a database one works at a time; any of them may go on where another stopped. What a chore removes is
 * removed for good by its commit, which is not flushed: after a crash of the server it may have to be removed again.
 */
export class Housekeeper {
  private readonly sizes = new Map<string, ChunkSize>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private beat: Promise<void> = Promise.resolve();

  constructor(private readonly options: HousekeeperOptions) {}

  /** The first beat comes at a random moment of the first interval, so that replicas and services do not meet. */
  start(): void {
    if (this.timer === undefined) this.schedule(Math.random() * this.options.intervalMs);
  }

  /** Resolves when the chunk at hand is done; none begins after. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.beat;
  }

  /** Does every chore until nothing is left of it or the beat is over. Never rejects. */
  async runBeat(): Promise<void> {
    const endsAt = performance.now() + (this.options.beatMs ?? DEFAULT_BEAT_MS);
    for (const chore of this.options.chores) {
      try {
        const goesOn = await this.runChore(chore, endsAt);
        if (!goesOn) return;
      } catch (error) {
        this.options.reports.failed(chore.name, error);
      }
    }
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.beat = this.runBeat().finally(() => {
        if (!this.stopping.signal.aborted) this.schedule(this.options.intervalMs);
      });
    }, delayMs).unref();
  }

  /** False when this beat is over: time is up, the process stops, or another replica is at work. */
  private async runChore(chore: Chore, endsAt: number): Promise<boolean> {
    const size = this.sizes.get(chore.name) ?? new ChunkSize();
    this.sizes.set(chore.name, size);
    for (;;) {
      if (this.stopping.signal.aborted || performance.now() >= endsAt) return false;
      const limit = size.value;
      const startedAt = performance.now();
      const rows = await this.runChunk(chore, limit);
      if (rows === null) return false;
      const tookMs = performance.now() - startedAt;
      if (rows > 0) this.options.reports.removed(chore.name, rows, tookMs);
      if (rows < limit) return true;
      size.learn(tookMs);
      await pause(Math.max(SHORTEST_PAUSE_MS, tookMs), this.stopping.signal);
    }
  }

  /** Null when another replica holds the lock. */
  private runChunk(chore: Chore, limit: number): Promise<number | null> {
    return inTransaction(this.options.pool, async (tx) => {
      const { rows } = await tx.query<{ held: boolean }>(
        `select pg_try_advisory_xact_lock($1) as held, set_config('synchronous_commit', 'off', true)`,
        [HOUSEKEEPING_LOCK],
      );
      return rows[0]!.held ? chore.run(tx, limit) : null;
    });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
