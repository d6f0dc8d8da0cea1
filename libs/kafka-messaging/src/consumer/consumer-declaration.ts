import type { Sql } from '@codex/postgres';

import type { ConsumedMessage } from '../record/consumed-message';
import type { FailurePolicy } from './failure-policy';

/**
 * What a consumer is: no loop in sight.
 *
 * The effects of `handle`, the version guards and the stored offsets are one transaction, so every message takes effect
 * exactly once, whatever crashes. Messages of one entity arrive in order; batches of all partitions are gathered.
 */
export interface ConsumerDeclaration<Tx extends Sql = Sql> {
  /** `<service>.<purpose>`. Renaming it replays its topics from the beginning. */
  readonly group: string;
  readonly topics: readonly string[];
  /** Other types only advance the guard; their bodies are not decoded. */
  readonly handles: ReadonlySet<string> | 'all';
  /**
   * Only streams `<category>-…` of these concern this consumer: anything else is passed over, unguarded, undecoded,
   * unparked. Default: all.
   */
  readonly categories?: readonly string[];
  /**
   * The first offset of a partition that is not taken any more; undefined takes everything. Asked for at every
   * assignment, so it must not change. `BatchConsumer.reachedEnd` tells when all of it is stored.
   */
  readonly end?: (topic: string, partition: number) => number | undefined;
  /** Checks the versions of events, stream by stream. Commands and replies have none and are never guarded. */
  readonly guard: boolean;
  /** Runs `work` in one transaction of the database that holds the inbox. May run it again; never runs it in part. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * One gathered batch, in order within each stream. Throwing undoes all of it and is answered by kind (see
   * {@link FailurePolicy}). The returned function runs after the commit, and is lost in a crash: only for wake-ups and caches.
   */
  handle(messages: readonly ConsumedMessage[], tx: Tx): Promise<void | (() => void)>;
  /** What it writes follows from the whole log: it can't go on with another one, only be built anew. Default: it can. */
  readonly needsWholeLog?: boolean;
  readonly failure?: FailurePolicy;
  /** Most messages in one transaction. Default 1000; take less when handling one is expensive. */
  readonly maxMessages?: number;
}
