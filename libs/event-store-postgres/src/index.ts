export { PostgresEventStore, type PostgresEventStoreOptions } from './postgres-event-store';
export type { StoreTransaction } from './store-transaction';
export type { InlineProjection } from './inline-projection';
export { appendWithin, type Addition } from './append-within';
export { eventStoreMigrations } from './event-table.migration';
export { PostgresSnapshots, type SnapshotCounts } from './snapshots/postgres-snapshots';
export { eventStoreChores, type EventStoreRetention } from './retention/event-store-chores';
export * from './relay-reader';
export { PostgresRelayReader } from './postgres-relay-reader';
export { PostgresTopicMoves, type TopicState } from './topic-moves/postgres-topic-moves';
export { acquireRelayLock, type RelayLockOptions } from './relay-lock';
export {
  finishRestoration,
  restorationState,
  type RestorationFinish,
  type RestorationState,
} from './restoration/finish-restoration';
export { Restoration, type HandledPosition, type RestoredMessage } from './restoration/restoration';
export { RestorationRefused } from './restoration/restoration-errors';
export { StreamLedger } from './restoration/stream-ledger';
export { CommitSignal } from './commit-signal';
export { TurnQueue, type TurnQueueOptions } from './turn-queue';
