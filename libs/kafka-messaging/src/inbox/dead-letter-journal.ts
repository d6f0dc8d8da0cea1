import type { CommandMetadata } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

import type { BatchItem } from '../consumer/batch-item';
import type { FailureReport } from './failure-report';

/** Where a message lies, and what is known of it. What its headers don't tell is null. */
export interface MessageOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Its stream, or what it is parked under when its headers can't be read. */
  readonly entity: string;
  readonly version: number | null;
  readonly type: string | null;
  readonly messageId: string | null;
  readonly tenantId: string | null;
  readonly correlationId: string | null;
}

/**
 * Something that happened to a message that could not be processed. `by` is the command of the operator who asked for it,
 * with the operator's `reason`; null when the consumer did it by itself.
 */
export interface DeadLetterFact {
  readonly what: 'parked' | 'redriven' | 'discarded' | 'skipped';
  readonly id: string;
  readonly group: string;
  readonly origin: MessageOrigin;
  readonly failure: FailureReport & { readonly attempts: number };
  readonly reason: string | null;
  readonly by: CommandMetadata | null;
  /** Of a skipped message: since when its partition waited. */
  readonly waitingSince: Date | null;
}

/** A topic whose log a group goes on with. Identities are texts for people. */
export interface AdoptedLog {
  readonly topic: string;
  readonly incarnation: number;
  readonly processed: string;
  readonly found: string;
}

/** An operator let a group go on with other logs than those it has processed. */
export interface LogAdoptionFact {
  readonly id: string;
  readonly group: string;
  readonly logs: readonly AdoptedLog[];
  readonly reason: string;
  readonly by: CommandMetadata | null;
}

/** Where the history of dead letters, and of what operators did to consumers, is kept. */
export interface DeadLetterJournal {
  /** Called in the transaction of what happened: both are stored or neither. Throwing undoes it. */
  record(tx: Sql, facts: readonly DeadLetterFact[]): Promise<void>;
  /** The same for an adoption. */
  adopted(tx: Sql, fact: LogAdoptionFact): Promise<void>;
}

/** Who acts on a dead letter, and why. */
export interface OperatorAct {
  readonly reason?: string;
  readonly by?: CommandMetadata;
}

export function originOf({ record, partition, entity, message }: BatchItem): MessageOrigin {
  return {
    topic: partition.topic,
    partition: partition.partition,
    offset: record.offset,
    entity,
    version: message?.version ?? null,
    type: message?.type ?? null,
    messageId: message?.id ?? null,
    tenantId: message?.tenantId ?? null,
    correlationId: message?.correlationId ?? null,
  };
}
