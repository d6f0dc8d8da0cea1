import { Unavailable } from '@codex/event-sourcing';
import { classifyPostgresError } from '@codex/postgres';

import { TurnQueue } from './turn-queue';

interface Waiting<Key, Value> {
  readonly keys: readonly Key[];
  readonly resolve: (values: readonly Value[]) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_CALLS = 500;
const LOADS_IN_FLIGHT = 2;

/**
 * Lets the calls of one turn of the event loop share a round trip. Each caller gets the values of its own keys, read
 * after it asked. When a shared round trip fails for what was asked, each call is made alone, so nobody sees another's error.
 */
export class TurnLoader<Key, Value> {
  private readonly queue: TurnQueue<Waiting<Key, Value>>;

  constructor(private readonly fetch: (keys: readonly Key[]) => Promise<readonly Value[]>) {
    this.queue = new TurnQueue({
      maxBatch: MAX_CALLS,
      maxInFlight: LOADS_IN_FLIGHT,
      execute: (batch) => this.execute(batch),
    });
  }

  load(keys: readonly Key[]): Promise<readonly Value[]> {
    if (keys.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => this.queue.push({ keys, resolve, reject }));
  }

  private async execute(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await this.fetch(batch.flatMap(({ keys }) => keys));
      let start = 0;
      for (const { keys, resolve } of batch) resolve(values.slice(start, (start += keys.length)));
    } catch (error) {
      if (batch.length > 1 && !(classifyPostgresError(error) instanceof Unavailable)) {
        for (const waiting of batch) await this.execute([waiting]);
        return;
      }
      // A database that is away is away for all: one wait for its timeout is enough.
      for (const { reject } of batch) reject(error);
    }
  }
}
