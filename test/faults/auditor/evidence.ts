import type { MessageMetadata } from '@codex/event-sourcing';
import type { Projection } from '@codex/projections';
import type { AuditEntry } from '../../../apps/audit/src/domain/audit-entry';
import type { Journal } from '../load/journal';

/** A row of a service's event table. */
export interface StoredMessage {
  /** The app whose database holds it. */
  readonly service: string;
  readonly kind: 'event' | 'command' | 'reply';
  readonly stream: string;
  readonly version: number | null;
  readonly tenantId: string;
  readonly type: string;
  readonly schemaId: number;
  /** The Avro body. */
  readonly raw: Buffer;
  /** The decoded body. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: MessageMetadata;
  /** RFC 3339 with microseconds, as the relay publishes it. */
  readonly recordedAt: string;
}

/** A record of Kafka. */
export interface LoggedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly id: string;
  readonly stream: string;
  readonly version: number | null;
  /** The Avro body without its prefix. */
  readonly raw: Buffer;
}

/** The rows that queries see of one read model. */
export interface ReadModelRows {
  readonly projection: Projection;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The columns that rows are counted by, and `count`; none when the projection counts nothing. */
  readonly counts: readonly Readonly<Record<string, unknown>>[];
}

export interface AuditRecord {
  readonly index: number;
  readonly leafHash: Buffer;
  readonly entry: AuditEntry;
  readonly salt: Buffer | null;
  readonly data: Buffer | null;
}

/** What agent-manager's tables hold besides its events. */
export interface RunDesk {
  readonly runs: readonly { readonly runId: string; readonly workItemId: string; readonly status: string }[];
  readonly leases: readonly { readonly runId: string; readonly agentId: string }[];
}

/** A message that a consumer could not deal with. */
export interface DeadLetter {
  readonly service: string;
  readonly group: string;
  readonly stream: string;
  readonly reason: string;
}

/** Everything the auditor judges, read from the outside. */
export interface Evidence {
  /** By service, each in the order of its event table. */
  readonly stores: ReadonlyMap<string, readonly StoredMessage[]>;
  /** In the order of offsets within each partition. */
  readonly log: readonly LoggedMessage[];
  readonly readModels: readonly ReadModelRows[];
  readonly audit: { readonly records: readonly AuditRecord[]; readonly nextIndex: number };
  readonly runDesk: RunDesk;
  readonly deadLetters: readonly DeadLetter[];
  readonly journal: Journal;
}

/** All rows of all services. */
export function storedMessages({ stores }: Evidence): readonly StoredMessage[] {
  return [...stores.values()].flat();
}

/** All events of all services. */
export function storedEvents(evidence: Evidence): readonly StoredEvent[] {
  return storedMessages(evidence).filter(isEvent);
}

/** An event in a store: it has a version. */
export type StoredEvent = StoredMessage & { readonly version: number };

function isEvent(message: StoredMessage): message is StoredEvent {
  return message.kind === 'event';
}

/** Events of each stream, in the order of versions. Streams of other categories are left out when one is named. */
export function eventsByStream(evidence: Evidence, category?: string): ReadonlyMap<string, readonly StoredEvent[]> {
  const wanted = storedEvents(evidence).filter(
    ({ stream }) => category === undefined || stream.startsWith(`${category}-`),
  );
  const streams = Map.groupBy(wanted, ({ stream }) => stream);
  return new Map(
    [...streams].map(([stream, events]) => [stream, events.toSorted((a, b) => a.version - b.version)] as const),
  );
}
