import type { Sql } from '@codex/postgres';

import { batchItem, type BatchItem } from '../consumer/batch-item';
import { planBatch, type BatchPlan } from '../consumer/batch-plan';
import type { ConsumerDeclaration } from '../consumer/consumer-declaration';
import { kindOfFailure } from '../consumer/failure-policy';
import type { MessageReader } from '../record/consumed-message';
import { DeadLetterNotParked } from './inbox-errors';
import { closeBatch, openBatch } from './inbox-store';
import { fetchedRecord, type StoredRecord } from './stored-record';

/** Runs after the commit of what was replayed. */
export type AfterCommit = (() => void) | void;

const CONFLICT_ATTEMPTS = 5;

/** Gives stored messages to a consumer's handler, as the running consumer would, without moving any offset. */
export class MessageReplay<Tx extends Sql> {
  constructor(
    readonly declaration: ConsumerDeclaration<Tx>,
    private readonly reader: MessageReader,
  ) {}

  get group(): string {
    return this.declaration.group;
  }

  item(stored: StoredRecord, entity: string): BatchItem {
    const { topic, partition, log } = stored;
    return { ...batchItem(fetchedRecord(stored), { topic, partition, log }, this.reader), entity };
  }

  /** Like a batch of the running consumer, except that the parking of this entity does not count. */
  async apply(tx: Tx, items: readonly BatchItem[]): Promise<AfterCommit> {
    const { guard } = this.declaration;
    const { guards } = await openBatch(tx, this.group, items);
    const rules = { guard, wants: (type: string) => this.reader.wants(type) };
    const plan: BatchPlan = planBatch(items, { guards, parked: new Set() }, { rules });
    const failed = plan.park[0];
    if (failed !== undefined) throw failed.failure;
    const afterCommit = plan.deliver.length > 0 ? await this.declaration.handle(plan.deliver, tx) : undefined;
    await this.moveGuards(tx, plan.guards);
    return afterCommit;
  }

  /** The version of a message that is given up counts as dealt with. */
  async passOver(tx: Tx, item: BatchItem): Promise<void> {
    const { message } = item;
    if (!this.declaration.guard || message?.kind !== 'event') return;
    const { guards } = await openBatch(tx, this.group, [item]);
    const isNewer = (guards.get(message.stream)?.version ?? 0) < message.version!;
    if (!isNewer) return;
    await this.moveGuards(tx, new Map([[message.stream, { version: message.version!, eventId: message.id }]]));
  }

  /** One transaction, repeated a few times when it conflicts with others. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.declaration.transaction(work);
      } catch (error) {
        if (attempt >= CONFLICT_ATTEMPTS || kindOfFailure(error) !== 'conflict') throw error;
      }
    }
  }

  private moveGuards(tx: Tx, guards: BatchPlan['guards']): Promise<void> {
    return closeBatch(tx, { group: this.group, owner: '' }, { guards, moves: [] });
  }
}

/** Whether a failure is a verdict on the message; a conflict or an outage is none. */
export function isParking(error: unknown): boolean {
  if (error instanceof DeadLetterNotParked) return false;
  const kind = kindOfFailure(error);
  return kind === 'poison' || kind === 'refusal';
}
