import {
  CommandAnswers,
  receivedCommand,
  streamId,
  UnitOfWork,
  type BatchTransaction,
  type StateCache,
} from '@codex/event-sourcing';
import { taskDecider } from '../domain/task.decider';
import { footprintOf, isRelevant } from './footprint';
import type { SchedulingCommand, SchedulingInput } from './scheduling-messages';
import type { SchedulingRows } from './scheduling-rows';
import { TaskScheduling } from './task-scheduling';
import { WorkingSet } from './working-set';

/** What deciding needs besides the transaction. */
export interface SchedulingOptions {
  readonly cache: StateCache;
  readonly newId: () => string;
  /** RFC 3339 with milliseconds. */
  readonly now: () => string;
  readonly random: () => number;
  /** Called after a commit that left tasks to be made ready later. */
  readonly dueTasksChanged: () => void;
}

/** Where a batch reads and writes: both in one transaction. */
export interface SchedulingTransaction {
  readonly store: BatchTransaction;
  readonly rows: SchedulingRows;
}

/**
 * Applies commands and facts in their order and stores everything that follows from them with `tx`: events, replies, rows.
 * The number of statements does not depend on the number of inputs. Throws `VersionConflict`: roll back and run it again in
 * a new transaction. Resolves with what must be called after the commit.
 */
export async function runSchedulingBatch(
  all: readonly SchedulingInput[],
  tx: SchedulingTransaction,
  options: SchedulingOptions,
): Promise<() => void> {
  const inputs = all.filter(isRelevant);
  if (inputs.length === 0) return () => undefined;
  const unit = new UnitOfWork({ store: tx.store, cache: options.cache, newId: options.newId });
  const commands = inputs.flatMap((input) => (input.kind === 'command' ? [input.command] : []));
  const answers = await CommandAnswers.open<SchedulingCommand>(
    commands,
    { unit, store: tx.store },
    { newId: options.newId, subjectOf },
  );
  const footprint = footprintOf(inputs);
  const rows = await WorkingSet.load(tx.rows, footprint);
  const taskIds = [...footprint.taskIds, ...rows.waitingIds];
  await unit.load(
    taskDecider,
    taskIds.map((id) => streamId(taskDecider.category, id)),
  );
  const tasks = new TaskScheduling({ unit, rows, random: options.random });
  for (const input of inputs) {
    if (input.kind === 'command') answers.answer(input.command, () => tasks.obey(input.command));
    else tasks.learn(input.fact, receivedCommand(input.message, options.now()).metadata);
  }
  return store(unit, rows, tx, options);
}

async function store(
  unit: UnitOfWork,
  rows: WorkingSet,
  tx: SchedulingTransaction,
  options: SchedulingOptions,
): Promise<() => void> {
  if (!unit.isEmpty) await tx.store.append([unit.request(options.newId())]);
  const changes = rows.changes();
  await tx.rows.apply(changes);
  const hasDue = changes.waiting.some(({ dueAt }) => dueAt !== null);
  return () => {
    unit.committed();
    if (hasDue) options.dueTasksChanged();
  };
}

function subjectOf({ data: { workItemId, projectId, processId } }: SchedulingCommand): Record<string, unknown> {
  return { workItemId, projectId, processId };
}
