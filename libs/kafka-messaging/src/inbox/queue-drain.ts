import type { Sql } from '@codex/postgres';

import { originOf, type DeadLetterJournal } from './dead-letter-journal';
import { failureReport } from './failure-report';
import { isParking, type AfterCommit, type MessageReplay } from './message-replay';
import { dropFromQueue, parkItem, readQueue, type ParkedEntity } from './parking-store';

/** How a redrive or a discard ended: everything released, or stopped by the next message that fails. */
export interface ReleaseResult {
  readonly status: 'released' | 'parked';
  /** Messages that took effect or were skipped as seen, the dead letter among them. */
  readonly released: number;
  /** The dead letter the entity waits for now. */
  readonly parkedBy: string | null;
}

interface Step {
  readonly released: number;
  readonly parkedBy?: string;
  readonly finished: boolean;
  readonly afterCommit?: AfterCommit;
}

const QUEUE_CHUNK = 100;

/**
 * Releases, in order, what queued up behind a dead letter that is dealt with. The entity stays locked step by step, so the
 * running consumer goes on queueing behind it and loses nothing; every step is one transaction.
 */
export class QueueDrain<Tx extends Sql> {
  constructor(
    private readonly replay: MessageReplay<Tx>,
    private readonly journal: DeadLetterJournal,
  ) {}

  async drain(entity: ParkedEntity): Promise<ReleaseResult> {
    let released = 0;
    let limit = QUEUE_CHUNK;
    for (;;) {
      let step: Step;
      try {
        step = await this.replay.transaction((tx) => this.step(tx, entity, limit));
      } catch (error) {
        // One of several fails: from here on one by one, so that the right one is parked.
        if (!isParking(error) || limit === 1) throw error;
        limit = 1;
        continue;
      }
      step.afterCommit?.();
      released += step.released;
      if (step.parkedBy !== undefined) return { status: 'parked', released, parkedBy: step.parkedBy };
      if (step.finished) return { status: 'released', released, parkedBy: null };
    }
  }

  /** Goes on with entities whose release was interrupted. */
  async resume(): Promise<void> {
    const { rows } = await this.replay.transaction((tx) =>
      tx.query<ParkedEntity>(
        'select topic, stream from inbox.parked_streams where consumer_group = $1 and dead_letter_id is null',
        [this.replay.group],
      ),
    );
    for (const entity of rows) await this.drain(entity);
  }

  private async step(tx: Tx, entity: ParkedEntity, limit: number): Promise<Step> {
    const { group } = this.replay;
    const where = 'where consumer_group = $1 and topic = $2 and stream = $3 and dead_letter_id is null';
    const { rowCount } = await tx.query(`select 1 from inbox.parked_streams ${where} for update`, [
      group,
      entity.topic,
      entity.stream,
    ]);
    if (rowCount === 0) return { released: 0, finished: true };
    const stored = await readQueue(tx, group, { ...entity, limit });
    const items = stored.map((each) => this.replay.item(each, entity.stream));
    if (items.length === 0) {
      await tx.query(`delete from inbox.parked_streams ${where}`, [group, entity.topic, entity.stream]);
      return { released: 0, finished: true };
    }
    await tx.query('savepoint drain');
    let afterCommit: AfterCommit;
    try {
      afterCommit = await this.replay.apply(tx, items);
    } catch (error) {
      if (!isParking(error) || items.length > 1) throw error;
      await tx.query('rollback to savepoint drain');
      await dropFromQueue(tx, group, items);
      const [origin, report] = [originOf(items[0]!), failureReport(error)];
      const { id, attempts } = await parkItem(tx, group, items[0]!, report);
      const about = { id, group, origin, failure: { ...report, attempts } };
      await this.journal.record(tx, [{ ...about, what: 'parked', reason: null, by: null, waitingSince: null }]);
      return { released: 0, finished: true, parkedBy: id };
    }
    await dropFromQueue(tx, group, items);
    return { released: items.length, finished: false, afterCommit };
  }
}
