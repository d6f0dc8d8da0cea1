import type { RunFailed, RunLost, ScheduleWorkItem, WorkItemStateChanged } from '@codex/contracts';
import { streamId, type CommandMetadata, type DomainEvent, type UnitOfWork } from '@codex/event-sourcing';
import type { ScheduleTask, TaskCommand } from '../domain/task.commands';
import { taskDecider } from '../domain/task.decider';
import { isOpen, type TaskError, type TaskState } from '../domain/task.state';
import { brokenBy } from './broken-dependency';
import type { SchedulingCommand, SchedulingFact } from './scheduling-messages';
import type { Outcome, WaitingRow } from './scheduling-rows';
import type { WorkingSet } from './working-set';

/** Where the decisions of a batch are staged. */
export interface TaskSchedulingOptions {
  readonly unit: UnitOfWork;
  readonly rows: WorkingSet;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Applies commands and facts one by one to the task streams and rows of a batch, which are loaded and locked. */
export class TaskScheduling {
  constructor(private readonly options: TaskSchedulingOptions) {}

  obey(command: SchedulingCommand): readonly DomainEvent[] {
    if (command.type === 'ScheduleWorkItem') return this.schedule(command);
    const events = this.decide(command.data.workItemId, command);
    this.follow(command.data.workItemId, command.metadata, null);
    return events;
  }

  learn(fact: SchedulingFact, metadata: CommandMetadata): void {
    switch (fact.type) {
      case 'WorkItemStateChanged':
        return this.stateChanged(fact.data, metadata);
      case 'WorkItemPriorityChanged':
        return this.options.rows.setPriority(fact.data.workItemId, fact.data.priority);
      case 'RunFailed':
      case 'RunLost':
        return this.attemptFailed(fact, metadata);
    }
  }

  private schedule({ data, metadata }: ScheduleWorkItem): readonly DomainEvent[] {
    const { rows } = this.options;
    const own = rows.outcomeOf(data.workItemId);
    const dependencies = [...new Set(data.dependencies)].map((id) => rows.outcomeOf(id));
    const open = dependencies.filter(({ outcome }) => outcome === null).map(({ workItemId }) => workItemId);
    const events = this.decide(data.workItemId, {
      type: 'ScheduleTask',
      data: {
        ...data,
        priority: own.priority ?? data.priority,
        isOver: own.outcome !== null && own.outcome !== 'failed',
        openDependencies: open.length,
        brokenDependency: brokenBy(dependencies, metadata.tenantId),
      },
      metadata,
    } satisfies ScheduleTask);
    if (events.length > 0) this.follow(data.workItemId, metadata, open);
    return events;
  }

  private stateChanged(data: WorkItemStateChanged['data'], metadata: CommandMetadata): void {
    const { workItemId, newState, attempt, runId, reason } = data;
    switch (newState) {
      case 'running':
        return this.tell(workItemId, { type: 'StartTask', data: { attempt, runId }, metadata });
      case 'completed':
        this.tell(workItemId, { type: 'CompleteTask', data: { attempt, runId }, metadata });
        return this.resolve(workItemId, newState, metadata);
      case 'failed': {
        const error = data.error ?? { code: 'WORK_ITEM_FAILED', message: reason ?? 'the work item failed' };
        if (this.wentOn(workItemId, attempt)) return;
        this.tell(workItemId, { type: 'FailTask', data: { attempt, runId, error }, metadata });
        return this.resolve(workItemId, newState, metadata);
      }
      case 'cancelled':
      case 'deleted':
        this.tell(workItemId, { type: 'CancelTask', data: { reason }, metadata });
        return this.resolve(workItemId, newState, metadata);
      default:
        // A failed item that goes on, because somebody retried it.
        if (this.options.rows.outcomeOf(workItemId).outcome !== null) this.options.rows.setOutcome(workItemId, null);
    }
  }

  /** The item was retried after this attempt: that it failed then is history, and nobody waits for it in vain. */
  private wentOn(workItemId: string, attempt: number): boolean {
    const state = this.stateOf(workItemId);
    return state.status === 'closed' || (isOpen(state) && attempt < state.attempt);
  }

  private attemptFailed(fact: RunFailed | RunLost, metadata: CommandMetadata): void {
    const { workItemId, attempt, runId } = fact.data;
    const failure =
      fact.type === 'RunFailed'
        ? { error: fact.data.error, retryable: fact.data.retryable }
        : { error: { code: 'RUN_LOST', message: fact.data.reason }, retryable: true };
    const data = { attempt, runId, ...failure, random: this.options.random() };
    this.tell(workItemId, { type: 'FailAttempt', data, metadata });
  }

  /** An item ended: whoever waits for it waits for one thing less, or in vain. */
  private resolve(workItemId: string, outcome: Outcome, metadata: CommandMetadata): void {
    const { rows } = this.options;
    rows.setOutcome(workItemId, outcome);
    const broken = brokenBy([rows.outcomeOf(workItemId)], metadata.tenantId);
    for (const row of rows.takeDependants(workItemId)) {
      const story = { ...metadata, correlationId: row.correlationId, ...traceOf(row) };
      if (broken === null) this.satisfy(row, story);
      else this.fail(row.workItemId, broken, story);
    }
  }

  private satisfy(row: WaitingRow, metadata: CommandMetadata): void {
    const openDependencies = row.openDependencies - 1;
    this.options.rows.wait({ ...row, openDependencies });
    if (openDependencies > 0) return;
    this.tell(row.workItemId, { type: 'MakeTaskReady', data: { priority: row.priority }, metadata });
  }

  private fail(workItemId: string, error: TaskError, metadata: CommandMetadata): void {
    this.tell(workItemId, { type: 'FailTask', data: { attempt: null, runId: null, error }, metadata });
  }

  private tell(workItemId: string, command: TaskCommand): void {
    this.decide(workItemId, command);
    this.follow(workItemId, command.metadata, null);
  }

  private decide(workItemId: string, command: TaskCommand): readonly DomainEvent[] {
    return this.options.unit.decide(taskDecider, streamId(taskDecider.category, workItemId), command);
  }

  private stateOf(workItemId: string): TaskState {
    return this.options.unit.stateOf(taskDecider, streamId(taskDecider.category, workItemId)).state;
  }

  /**
   * Makes the waiting row say what the task's state says. `open` are the open dependencies of a task that was scheduled just
   * now; null leaves them as they are.
   */
  private follow(workItemId: string, metadata: CommandMetadata, open: readonly string[] | null): void {
    const { rows } = this.options;
    const state = this.stateOf(workItemId);
    const before = open === null ? rows.waitingOf(workItemId) : undefined;
    if (open !== null || state.status !== 'waiting') rows.endWait(workItemId);
    if (state.status !== 'waiting') return;
    const openDependencies = open?.length ?? before?.openDependencies ?? 0;
    const dueAt = openDependencies > 0 ? null : (state.dueAt ?? metadata.now);
    const isSame = open === null && before?.dueAt === dueAt && before.openDependencies === openDependencies;
    if (isSame) return;
    rows.wait(
      {
        workItemId,
        tenantId: metadata.tenantId,
        openDependencies,
        dueAt,
        priority: rows.priorityOf(workItemId),
        correlationId: before?.correlationId ?? metadata.correlationId,
        traceparent: before?.traceparent ?? metadata.traceparent ?? null,
      },
      open ?? [],
    );
  }
}

function traceOf({ traceparent }: WaitingRow): { readonly traceparent?: string } {
  return traceparent === null ? {} : { traceparent };
}
