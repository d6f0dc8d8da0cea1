import type { Context } from '@codex/contracts';
import type { RefusalRecorder, Upcaster } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Chore, Migration } from '@codex/postgres';
import type { z } from 'zod';
import type { databaseConfig } from '../config/config-slices';
import type { KafkaConfig } from '../consumers/kafka-connection';
import type { HousekeepingConfig } from '../housekeeping/housekeeping-config';
import type { AnyDecider } from './stream-states';

/** How a service makes a restored event table its own. */
export interface Restorable {
  /** Replayed over all events after a restoration, behind the inline projections, and never else. */
  readonly projections?: readonly InlineProjection[];
}

/** A command service as a list of what is its own. Everything else is the same for all. */
export interface CommandServiceOptions {
  /** The app. Names its relay and its connections: renaming it publishes everything again. */
  readonly name: string;
  /** Whose topics it publishes on. */
  readonly context: Context;
  readonly config: {
    readonly database: z.output<typeof databaseConfig>;
    readonly kafka: KafkaConfig;
    /** Default: that of an empty environment. */
    readonly housekeeping?: HousekeepingConfig;
  };
  /** Of the app and of libs it uses, besides those of event store and inbox; `table` is `<schema>.<table>`. */
  readonly migrations?: readonly { readonly table: string; readonly migrations: readonly Migration[] }[];
  readonly upcasters?: ReadonlyMap<string, Upcaster>;
  readonly inlineProjections?: readonly InlineProjection[];
  /**
   * That all tables of the service follow from its events (by its inline projections, and these), and from what it
   * consumes again. Without it the service refuses to start on an event table that was restored from Kafka.
   */
  readonly restorable?: Restorable;
  /** Of all its streams, so that operators can ask what a stream was at any time. */
  readonly deciders?: readonly AnyDecider[];
  /** The record of a refused command; default: none is kept. */
  readonly refused?: RefusalRecorder;
  /** What the housekeeper removes besides what is old in event store and inbox. */
  readonly chores?: readonly Chore[];
  /** Folded streams kept in memory, default 10,000. */
  readonly cachedStreams?: number;
}
