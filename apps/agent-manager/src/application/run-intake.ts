import type { RunQueuedData } from '@codex/contracts';
import type { AppendRequest, CommandMetadata } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import { v5 as uuidv5 } from 'uuid';
import { runDecider } from '../domain/run.decider';
import { insertQueued, noteAttempts, saveClosed, savePriorities, saveProjects } from '../persistence/fact-store';
import type { ClosedItem, ItemPriority, ProjectFact } from '../persistence/fact-store';
import { cancelRuns, type CancelledRun } from '../persistence/lease-store';
import type { RunOrigin } from '../persistence/run-row';
import { runAppend } from './run-message';

/** A task that is ready, with the message that said so. */
export interface ReadyTask {
  readonly data: Omit<RunQueuedData, 'runId'>;
  readonly metadata: CommandMetadata;
}

/** What other services said, newest last. */
export interface Facts {
  readonly projects: readonly ProjectFact[];
  readonly closed: readonly (ClosedItem & { readonly metadata: CommandMetadata })[];
  readonly priorities: readonly ItemPriority[];
  readonly ready: readonly ReadyTask[];
}

/** The run of an attempt has the same id wherever and how often it is made. */
export function runIdOf(workItemId: string, attempt: number): string {
  return uuidv5(`attempt:${attempt}`, workItemId);
}

/**
 * Takes in a batch of facts: limits and pauses, what is over, priorities, then what is ready. Set-based: the number of
 * statements does not depend on the size of the batch. Returns whether somebody who waits for work should look again.
 */
export async function takeIn(tx: StoreTransaction, facts: Facts): Promise<boolean> {
  await saveProjects(tx, mergeProjects(facts.projects));
  await saveClosed(
    tx,
    lastOf(facts.closed, (item) => item.workItemId),
  );
  await savePriorities(
    tx,
    lastOf(facts.priorities, (item) => item.workItemId),
  );
  const queued = await queueRuns(tx, facts.ready);
  const cancelled = await cancelClosed(tx, facts.closed);
  return queued > 0 || cancelled > 0 || facts.projects.length > 0;
}

async function queueRuns(tx: StoreTransaction, ready: readonly ReadyTask[]): Promise<number> {
  if (ready.length === 0) return 0;
  const newest = [...newestAttempts(ready).values()];
  const standings = await noteAttempts(
    tx,
    newest.map(({ data, metadata: { tenantId } }) => ({ ...data, tenantId })),
  );
  const runs = newest.flatMap((task) => {
    const standing = standings.get(task.data.workItemId)!;
    if (standing.isClosed || standing.lastAttempt >= task.data.attempt) return [];
    return [{ ...task, isFirst: standing.lastAttempt === 0, priority: standing.priority ?? task.data.priority }];
  });
  // A later attempt takes the place of an earlier one that still lives here: only one of an item may.
  await cancelAll(
    tx,
    new Map(
      runs
        .filter((run) => !run.isFirst)
        .map(({ data, metadata }) => [data.workItemId, { reason: 'superseded', metadata }]),
    ),
  );
  await insertQueued(tx, runs.map(rowOf));
  if (runs.length > 0) await tx.append(runs.map(queuedRequest));
  return runs.length;
}

async function cancelClosed(tx: StoreTransaction, closed: Facts['closed']): Promise<number> {
  return cancelAll(tx, new Map(closed.map(({ workItemId, reason, metadata }) => [workItemId, { reason, metadata }])));
}

async function cancelAll(
  tx: StoreTransaction,
  causes: ReadonlyMap<string, { readonly reason: string; readonly metadata: CommandMetadata }>,
): Promise<number> {
  if (causes.size === 0) return 0;
  const cancelled = await cancelRuns(tx, [...causes.keys()]);
  if (cancelled.length === 0) return 0;
  await tx.append(cancelled.map((run) => cancelledRequest(run, causes.get(run.workItemId)!)));
  return cancelled.length;
}

function cancelledRequest(
  { runId, workItemId, projectId, attempt, agentId, version }: CancelledRun,
  { reason, metadata }: { readonly reason: string; readonly metadata: CommandMetadata },
): AppendRequest {
  const run = { runId, workItemId, projectId, attempt };
  const events = runDecider.decide(
    { type: 'CancelRun', data: { runId, reason }, metadata },
    agentId === null ? { status: 'queued', run } : { status: 'running', run, agentId },
  );
  return {
    commandId: metadata.commandId,
    streams: [runAppend({ ...run, origin: originOf(metadata), version }, events, metadata)],
  };
}

interface NewRun extends ReadyTask {
  readonly priority: number;
}

function queuedRequest({ data, metadata, priority }: NewRun): AppendRequest {
  const runId = runIdOf(data.workItemId, data.attempt);
  const events = runDecider.decide(
    { type: 'QueueRun', data: { ...data, runId, priority }, metadata },
    runDecider.initialState(),
  );
  const { workItemId, projectId, attempt } = data;
  const run = { runId, workItemId, projectId, attempt, origin: originOf(metadata), version: 0 };
  return { commandId: metadata.commandId, streams: [runAppend(run, events, metadata)] };
}

function rowOf({ data, metadata, priority }: NewRun) {
  const { workItemId, projectId, attempt, tools, timeoutMs, toolRecipe } = data;
  return {
    runId: runIdOf(workItemId, attempt),
    tenantId: metadata.tenantId,
    workItemId,
    projectId,
    attempt,
    priority,
    tools,
    timeoutMs,
    recipe: toolRecipe,
    origin: originOf(metadata),
  };
}

function originOf({ correlationId, traceparent }: CommandMetadata): RunOrigin {
  return { correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
}

function newestAttempts(ready: readonly ReadyTask[]): ReadonlyMap<string, ReadyTask> {
  const newest = new Map<string, ReadyTask>();
  for (const task of ready) {
    const known = newest.get(task.data.workItemId);
    if (known === undefined || known.data.attempt < task.data.attempt) newest.set(task.data.workItemId, task);
  }
  return newest;
}

function mergeProjects(facts: readonly ProjectFact[]): readonly ProjectFact[] {
  const merged = new Map<string, ProjectFact>();
  for (const fact of facts) merged.set(fact.projectId, { ...merged.get(fact.projectId), ...fact });
  return [...merged.values()];
}

function lastOf<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}
