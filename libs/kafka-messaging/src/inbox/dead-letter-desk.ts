import type { Sql } from '@codex/postgres';

import type { BatchItem } from '../consumer/batch-item';
import type { ConsumerDeclaration } from '../consumer/consumer-declaration';
import type { TopicPartition } from '../driver/kafka-driver';
import type { MessageReader } from '../record/consumed-message';
import { originOf, type DeadLetterFact, type DeadLetterJournal, type OperatorAct } from './dead-letter-journal';
import { failureReport, type FailureReport } from './failure-report';
import { openLetters, settleGroup, type GroupResult } from './failure-group';
import { ConsumerMovedOn, DeadLetterNotParked } from './inbox-errors';
import { isParking, MessageReplay, type AfterCommit } from './message-replay';
import { parkItem, type ParkedEntity } from './parking-store';
import { QueueDrain, type ReleaseResult } from './queue-drain';
import type { StoredHeaders, StoredRecord } from './stored-record';
import { lockWaiting, movePast } from './waiting-store';

interface Letter {
  readonly item: BatchItem;
  readonly entity: ParkedEntity;
  readonly failure: DeadLetterFact['failure'];
}

interface Settled {
  readonly entity: ParkedEntity;
  /** False: it failed again and is parked as before. */
  readonly isReleased: boolean;
  readonly released: number;
  readonly afterCommit?: AfterCommit;
}

/** The message a partition waits at, named so exactly that nothing else can be meant. */
export interface WaitingPosition extends TopicPartition {
  readonly offset: number;
  readonly eventId: string;
}

/**
 * What operators do about messages that one consumer could not process. Each act and its entry in the journal are one
 * transaction. A redrive or a discard then releases what queued up behind the letter, in order; after a crash
 * `resumeDrains` goes on with that. Safe beside the running consumer, and from any process of the service.
 */
export class DeadLetterDesk<Tx extends Sql> {
  private readonly replay: MessageReplay<Tx>;
  private readonly queues: QueueDrain<Tx>;

  constructor(
    declaration: ConsumerDeclaration<Tx>,
    reader: MessageReader,
    private readonly journal: DeadLetterJournal,
  ) {
    this.replay = new MessageReplay(declaration, reader);
    this.queues = new QueueDrain(this.replay, journal);
  }

  /** Processes the message again. Errors: {@link DeadLetterNotParked}; what is transient, for the caller to repeat. */
  redrive(id: string, act: OperatorAct = {}): Promise<ReleaseResult> {
    return this.settle(id, (tx) => this.redriveLetter(tx, id, act));
  }

  /** Gives the message up, with a reason; its version counts as dealt with. Errors: {@link DeadLetterNotParked}. */
  discard(id: string, reason: string, by?: OperatorAct['by']): Promise<ReleaseResult> {
    return this.settle(id, (tx) => this.discardLetter(tx, id, { reason, by }));
  }

  /**
   * Redrives what is parked now for one cause, longest untouched first, as far as `withinMs` allows. What fails again
   * stays parked and is not tried twice.
   */
  redriveGroup(failureGroup: string, act: OperatorAct, withinMs: number): Promise<GroupResult> {
    return this.settleGroup(failureGroup, withinMs, (id) => this.redrive(id, act));
  }

  /** Discards what is parked now for one cause, as far as `withinMs` allows. */
  discardGroup(failureGroup: string, { reason, by }: OperatorAct & { reason: string }, withinMs: number) {
    return this.settleGroup(failureGroup, withinMs, (id) => this.discard(id, reason, by));
  }

  /**
   * Takes a partition past the message it waits at: the message becomes a dead letter, its entity is parked, and
   * everything else goes on. Compare-and-set: throws {@link ConsumerMovedOn}, and changes nothing, unless the partition
   * stands at exactly this message. Returns the id of the dead letter.
   */
  skip(at: WaitingPosition, act: OperatorAct & { reason: string }): Promise<string> {
    return this.replay.transaction((tx) => this.skipWaiting(tx, at, act));
  }

  /** Goes on with entities whose release was interrupted. */
  resumeDrains(): Promise<void> {
    return this.queues.resume();
  }

  private async settle(id: string, work: (tx: Tx) => Promise<Settled>): Promise<ReleaseResult> {
    const settled = await this.replay.transaction(work);
    settled.afterCommit?.();
    if (!settled.isReleased) return { status: 'parked', released: 0, parkedBy: id };
    const rest = await this.queues.drain(settled.entity);
    return { ...rest, released: rest.released + settled.released };
  }

  private settleGroup(
    failureGroup: string,
    withinMs: number,
    one: (id: string) => Promise<ReleaseResult>,
  ): Promise<GroupResult> {
    const next = (before: Date | null) =>
      this.replay.transaction((tx) => openLetters(tx, { group: this.replay.group, failureGroup, before }));
    return settleGroup({ next, one, until: Date.now() + withinMs });
  }

  private async redriveLetter(tx: Tx, id: string, act: OperatorAct): Promise<Settled> {
    const { item, entity, failure } = await this.lockLetter(tx, id);
    await tx.query('savepoint redrive');
    let afterCommit: AfterCommit;
    try {
      afterCommit = await this.replay.apply(tx, [item]);
    } catch (error) {
      if (!isParking(error)) throw error;
      await tx.query('rollback to savepoint redrive');
      await this.parkAgain(tx, item, failureReport(error), act);
      return { entity, isReleased: false, released: 0 };
    }
    await this.resolve(tx, id, { status: 'redriven', act });
    await this.record(tx, 'redriven', { id, item, failure, act });
    return { entity, isReleased: true, released: 1, afterCommit };
  }

  private async discardLetter(tx: Tx, id: string, act: OperatorAct): Promise<Settled> {
    const { item, entity, failure } = await this.lockLetter(tx, id);
    await this.replay.passOver(tx, item);
    await this.resolve(tx, id, { status: 'discarded', act });
    await this.record(tx, 'discarded', { id, item, failure, act });
    return { entity, isReleased: true, released: 0 };
  }

  private async parkAgain(tx: Tx, item: BatchItem, report: FailureReport, act: OperatorAct): Promise<void> {
    const { id, attempts } = await parkItem(tx, this.replay.group, item, report);
    await this.record(tx, 'parked', { id, item, failure: { ...report, attempts }, act });
  }

  private async skipWaiting(tx: Tx, at: WaitingPosition, act: OperatorAct & { reason: string }): Promise<string> {
    const { group } = this.replay;
    const waiting = await lockWaiting(tx, group, at);
    if (waiting === undefined || Number(waiting.offset) !== at.offset || waiting.eventId !== at.eventId) {
      throw new ConsumerMovedOn(group, at);
    }
    const { code, reason, failureGroup, attempts, since } = waiting;
    const item = this.replay.item(waiting, waiting.stream);
    const report = { code, failureGroup, reason: `skipped (${act.reason}): ${reason}` };
    const { id } = await parkItem(tx, group, item, report);
    await movePast(tx, group, at);
    await this.record(tx, 'skipped', { id, item, failure: { code, reason, failureGroup, attempts }, act, since });
    return id;
  }

  private record(
    tx: Tx,
    what: DeadLetterFact['what'],
    about: Pick<DeadLetterFact, 'id' | 'failure'> & { item: BatchItem; act: OperatorAct; since?: Date },
  ): Promise<void> {
    const { id, failure, item, act, since = null } = about;
    const who = { reason: act.reason ?? null, by: act.by ?? null };
    const fact = { what, id, group: this.replay.group, origin: originOf(item), failure, ...who, waitingSince: since };
    return this.journal.record(tx, [fact]);
  }

  private async lockLetter(tx: Tx, id: string): Promise<Letter> {
    const { rows } = await tx.query<
      StoredRecord & Letter['failure'] & { readonly stream: string; readonly headers: StoredHeaders }
    >(
      `select d.topic, d.partition, d.log, d."offset", d.stream, d.key, d.value, d.headers, d.code, d.reason,
              d.failure_group as "failureGroup", d.count as attempts
         from inbox.parked_streams s join inbox.dead_letters d on d.id = s.dead_letter_id
        where s.dead_letter_id = $1 and s.consumer_group = $2 for update of s`,
      [id, this.replay.group],
    );
    const row = rows[0];
    if (row === undefined) throw new DeadLetterNotParked(id);
    const { topic, stream, code, reason, failureGroup, attempts } = row;
    const failure = { code, reason, failureGroup, attempts };
    return { item: this.replay.item(row, stream), entity: { topic, stream }, failure };
  }

  private async resolve(tx: Tx, id: string, to: { status: string; act: OperatorAct }): Promise<void> {
    await tx.query(
      `update inbox.dead_letters set status = $2, resolution = $3, resolved_by = $4, last_at = clock_timestamp()
        where id = $1`,
      [id, to.status, to.act.reason ?? null, to.act.by?.actor ?? null],
    );
    await tx.query('update inbox.parked_streams set dead_letter_id = null where dead_letter_id = $1', [id]);
  }
}
