import { Unavailable, VersionConflict, type AppendOutcome } from '@codex/event-sourcing';
import { classifyPostgresError } from '@codex/postgres';

import { isLostRace, isRepeatable } from './append-race';
import type { AppendVerdict } from './append-statement';
import type { Backend } from './backend';
import type { BatchResult } from './batch-writer';
import type { EncodedAppend } from './encoded-append';
import { TurnQueue } from './turn-queue';

/** What a group commit works with. */
export interface GroupCommitOptions {
  readonly write: (appends: readonly EncodedAppend[]) => Promise<BatchResult>;
  /** Tells for each append whether it was stored, or null when it can't be known. */
  readonly settle: (backend: Backend, appends: readonly EncodedAppend[]) => Promise<readonly boolean[] | null>;
  /** Runs after a batch that stored something. */
  readonly committed: () => void;
}

interface Waiting {
  readonly append: EncodedAppend;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** True once a connection was lost with it; a second loss is the caller's to repeat. */
  lost: boolean;
}

const MAX_BATCH = 200;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;
const BATCHES_IN_FLIGHT = 2;
/** A batch costs about as much by itself as so many appends in it. */
const WORTH_SHARING = 16;
const RACE_ATTEMPTS = 3;

/**
 * Appends of the same turn of the event loop, or that arrive while two batches are out, travel as one transaction. Each
 * caller gets its own outcome: a conflict or an error of one append never reaches another's caller.
 */
export class GroupCommit {
  private readonly queue: TurnQueue<Waiting>;

  constructor(private readonly options: GroupCommitOptions) {
    this.queue = new TurnQueue<Waiting>({
      maxBatch: MAX_BATCH,
      maxInFlight: BATCHES_IN_FLIGHT,
      worthSharing: WORTH_SHARING,
      maxWeight: MAX_BATCH_BYTES,
      weightOf: ({ append }) => append.bytes,
      claimsOf: ({ append }) => append.claims,
      execute: (batch) => this.execute(batch),
    });
  }

  append(append: EncodedAppend): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => this.queue.push({ append, resolve, reject, lost: false }));
  }

  /** Resolves when every append has its outcome. */
  idle(): Promise<void> {
    return this.queue.idle();
  }

  private async execute(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.store(batch, 1);
    } catch (error) {
      for (const waiting of batch) waiting.reject(classifyPostgresError(error));
    }
  }

  private async store(batch: readonly Waiting[], attempt: number): Promise<void> {
    const result = await this.options.write(batch.map(({ append }) => append));
    if (result.outcome === 'done') return this.deliver(batch, result.verdicts);
    if (result.outcome === 'lost') return this.resolveDoubt(batch, result.backend, result.error);
    await this.recover(batch, attempt, result.error);
  }

  /** Nothing of the batch was stored. */
  private async recover(batch: readonly Waiting[], attempt: number, cause: unknown): Promise<void> {
    const repeatable = isRepeatable(cause);
    if (repeatable && attempt < RACE_ATTEMPTS) return this.store(batch, attempt + 1);
    const error = classifyPostgresError(cause);
    // Splitting helps when one append is to blame, not when the database has no room or time for any.
    if (batch.length > 1 && (repeatable || !(error instanceof Unavailable))) {
      for (const waiting of batch) await this.execute([waiting]);
      return;
    }
    const lostRace = isLostRace(cause);
    for (const waiting of batch) waiting.reject(lostRace ? conflictOf(waiting.append) : error);
  }

  private deliver(batch: readonly Waiting[], verdicts: readonly AppendVerdict[]): void {
    batch.forEach((waiting, index) => {
      const verdict = verdicts[index]!;
      if (verdict.status === 'conflict') return waiting.reject(new VersionConflict(verdict.streams));
      if (verdict.status === 'replayed') return waiting.resolve(verdict);
      waiting.resolve({ status: 'appended' });
    });
    if (verdicts.some(({ status }) => status === 'appended')) this.options.committed();
  }

  private async resolveDoubt(batch: readonly Waiting[], backend: Backend, cause: unknown): Promise<void> {
    const stored = await this.options.settle(
      backend,
      batch.map(({ append }) => append),
    );
    const again: Waiting[] = [];
    batch.forEach((waiting, index) => {
      if (stored?.[index]) return waiting.resolve({ status: 'appended' });
      if (stored === null || waiting.lost) return waiting.reject(new Unavailable('postgres', { cause }));
      waiting.lost = true;
      again.push(waiting);
    });
    if (again.length < batch.length) this.options.committed();
    if (again.length > 0) await this.store(again, 1);
  }
}

function conflictOf({ request }: EncodedAppend): VersionConflict {
  return new VersionConflict(request.streams.map(({ stream }) => stream));
}
