import { CodedError, Refusal } from '@codex/event-sourcing';

/** Another member claimed a partition, or its offset moved without us: nothing of this batch may be stored. */
export class ConsumerFenced extends CodedError {
  readonly kind = 'transient';
  readonly code = 'CONSUMER_FENCED';

  constructor(readonly group: string) {
    super(`a partition of ${group} belongs to another owner now`);
  }
}

/** The topic, or its whole cluster, is another one than what was processed so far: its offsets mean nothing here. */
export class LogReplaced extends CodedError {
  readonly kind = 'transient';
  readonly code = 'LOG_REPLACED';

  constructor(
    readonly group: string,
    readonly logs: { readonly processed: string; readonly found: string },
  ) {
    super(`the log was replaced: ${group} has processed ${logs.processed}, and now there is ${logs.found}`);
  }
}

/** The log ends below what was processed of it: it was restored to an earlier point, or cut off. */
export class LogBehind extends CodedError {
  readonly kind = 'transient';
  readonly code = 'LOG_BEHIND';

  constructor(
    readonly group: string,
    readonly place: {
      readonly topic: string;
      readonly partition: number;
      readonly end: number;
      readonly processed: number;
    },
  ) {
    const { topic, partition, end, processed } = place;
    super(`the log is behind: ${group} has processed ${processed} of ${topic}/${partition}, which ends at ${end}`);
  }
}

/** The group reads another topic in the place of this one: it has begun there, and does not go back. */
export class LogLeft extends CodedError {
  readonly kind = 'transient';
  readonly code = 'LOG_LEFT';

  constructor(
    readonly group: string,
    readonly topics: { readonly left: string; readonly read: string },
  ) {
    super(`${group} has left ${topics.left}: it reads ${topics.read}, which KAFKA_TOPICS has to name`);
  }
}

/** The logs of a consumer are those it has processed so far: there is no other one to go on with. */
export class LogKnown extends Refusal {
  readonly code = 'LOG_KNOWN';

  constructor(readonly group: string) {
    super(`${group} reads the log that it has processed so far`);
  }
}

/** What the consumer writes follows from the whole log, so with another one it is built anew. */
export class RebuildInstead extends Refusal {
  readonly code = 'REBUILD_INSTEAD';

  constructor(readonly group: string) {
    super(`${group} fills a read model: rebuild it`);
  }
}

/** The dead letter is not parked (any more): redriven or discarded already, or it never existed. */
export class DeadLetterNotParked extends Refusal {
  readonly code = 'DEAD_LETTER_NOT_PARKED';

  constructor(readonly id: string) {
    super(`dead letter ${id} is not parked`);
  }
}

/** The partition does not wait at the message that should be skipped (any more). Nothing was changed. */
export class ConsumerMovedOn extends Refusal {
  readonly code = 'CONSUMER_MOVED_ON';

  constructor(
    readonly group: string,
    readonly at: { readonly topic: string; readonly partition: number; readonly offset: number },
  ) {
    super(`${group} does not wait at offset ${at.offset} of ${at.topic}/${at.partition}`);
  }
}
