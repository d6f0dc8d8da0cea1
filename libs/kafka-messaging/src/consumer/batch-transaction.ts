import type { Sql } from '@codex/postgres';

import { ConsumerFenced } from '../inbox/inbox-errors';
import { closeBatch, offsetMoves, openBatch, storeEras } from '../inbox/inbox-store';
import { originOf, type DeadLetterFact, type DeadLetterJournal } from '../inbox/dead-letter-journal';
import { failureReport } from '../inbox/failure-report';
import { parkItem, queueItems } from '../inbox/parking-store';
import { forgetWaiting, notedPartitions, noteWaiting } from '../inbox/waiting-store';
import { keyOf, type OwnedPartition } from './assignment';
import type { BatchItem } from './batch-item';
import { planBatch, type BatchPlan, type PlanRules } from './batch-plan';
import type { ConsumerDeclaration } from './consumer-declaration';

export type OwnedItem = BatchItem<OwnedPartition>;

/** An item that is known to fail, and why. */
export interface Culprit {
  readonly item: OwnedItem;
  readonly reason: Error;
}

/** The handler failed, or the commit of what it did; `items` are those it was given. */
export class HandlerFailed extends Error {
  constructor(
    override readonly cause: unknown,
    readonly items: readonly OwnedItem[],
  ) {
    super('a handler failed', { cause });
  }
}

/** What a committed batch leaves to do and to tell. */
export interface CommittedBatch {
  readonly afterCommit: (() => void) | undefined;
  readonly parked: readonly OwnedItem[];
  readonly eras: BatchPlan<OwnedItem>['eras'];
}

/** Processes items in one transaction: effects, guards, parking and offsets together, or none of it. */
export class BatchTransaction<Tx extends Sql> {
  /** Partitions that somebody noted as waiting; forgotten with the next commit of theirs. */
  private noted = new Set<string>();

  constructor(
    private readonly declaration: ConsumerDeclaration<Tx>,
    private readonly rules: PlanRules,
    private readonly member: { readonly owner: string; readonly journal: DeadLetterJournal },
  ) {}

  /**
   * Errors: {@link HandlerFailed} when a message is to blame, `ConsumerFenced` when the partitions are lost, anything
   * else is the database's.
   */
  async run(items: readonly OwnedItem[], culprit?: Culprit): Promise<CommittedBatch> {
    const { group } = this.declaration;
    const attempt = { delivered: [] as readonly OwnedItem[], blame: false };
    try {
      return await this.declaration.transaction(async (tx) => {
        attempt.blame = false;
        const plan = planBatch(items, await openBatch(tx, group, items), { rules: this.rules, culprit });
        attempt.delivered = plan.deliveredItems;
        attempt.blame = plan.deliver.length > 0;
        const afterCommit = attempt.blame ? await this.declaration.handle(plan.deliver, tx) : undefined;
        attempt.blame = false;
        await this.park(tx, plan.park);
        if (plan.queue.length > 0) await queueItems(tx, group, plan.queue);
        await closeBatch(tx, { group, owner: this.member.owner }, { guards: plan.guards, moves: offsetMoves(items) });
        if (plan.eras.size > 0) await storeEras(tx, group, plan.eras);
        await this.forgetNotes(tx, items);
        // What fails from here on is the commit, with constraints that were checked late: the handler's rows.
        attempt.blame = plan.deliver.length > 0;
        return { afterCommit: afterCommit ?? undefined, parked: plan.park.map(({ item }) => item), eras: plan.eras };
      });
    } catch (error) {
      if (attempt.blame) throw new HandlerFailed(error, attempt.delivered);
      throw error;
    }
  }

  /** Learns which partitions were left waiting, by whomever. */
  async loadNotes(): Promise<void> {
    const noted = await this.declaration.transaction((tx) => notedPartitions(tx, this.declaration.group));
    this.noted = new Set(noted.map(keyOf));
  }

  /** Notes, for operators, that a partition waits at this message. Throws `ConsumerFenced` when it moved on without us. */
  async noteWaiting(item: OwnedItem, reason: unknown): Promise<void> {
    const { group } = this.declaration;
    const failure = failureReport(reason);
    const isOurs = await this.declaration.transaction((tx) =>
      noteWaiting(tx, { group, owner: this.member.owner }, { item, failure }),
    );
    if (!isOurs) throw new ConsumerFenced(group);
    this.noted.add(keyOf(item.partition));
  }

  private async forgetNotes(tx: Tx, items: readonly OwnedItem[]): Promise<void> {
    if (this.noted.size === 0) return;
    const partitions = [...new Set(items.map(({ partition }) => partition))].filter((each) =>
      this.noted.has(keyOf(each)),
    );
    if (partitions.length > 0) await forgetWaiting(tx, this.declaration.group, partitions);
  }

  private async park(tx: Tx, park: readonly { readonly item: OwnedItem; readonly failure: Error }[]): Promise<void> {
    const { group } = this.declaration;
    const facts: DeadLetterFact[] = [];
    for (const { item, failure } of park) {
      const report = failureReport(failure);
      const { id, attempts } = await parkItem(tx, group, item, report);
      const about = { what: 'parked', id, group, origin: originOf(item), failure: { ...report, attempts } } as const;
      facts.push({ ...about, reason: null, by: null, waitingSince: null });
    }
    if (facts.length > 0) await this.member.journal.record(tx, facts);
  }
}
