import { streamId, type UnitOfWork } from '@codex/event-sourcing';
import type { Participant, StepContext, Subject } from '@codex/process-manager';
import type { WorkItemCommand } from '../domain/work-item.commands';
import { workItemDecider } from '../domain/work-item.decider';
import type { ClosedWorkItem, LivingWorkItem, WorkItemState } from '../domain/work-item.state';

/** What every process here is about. */
export interface WorkItemSubject extends Subject {
  readonly workItemId: string;
  readonly projectId: string;
}

/** The work item is read and decided on by the steps. */
export const workItemParticipant: Participant = {
  decider: workItemDecider,
  stream: (subject) => workItemStream((subject as WorkItemSubject).workItemId),
};

export function workItemStream(workItemId: string): string {
  return streamId(workItemDecider.category, workItemId);
}

export function subjectOf({ subject }: StepContext): WorkItemSubject {
  return subject as WorkItemSubject;
}

/** The work item of a process, which exists from the process's first step on. */
export function workItemOf(unit: UnitOfWork, context: StepContext): LivingWorkItem | ClosedWorkItem {
  const stream = workItemStream(subjectOf(context).workItemId);
  const { state } = unit.stateOf<WorkItemState>(workItemDecider, stream);
  if (state.status === 'absent') throw new Error(`${stream} has a process but no events`);
  return state;
}

/** A decision on the work item. True when it changed something. */
export function decideOnWorkItem(unit: UnitOfWork, command: WorkItemCommand): boolean {
  return unit.decide(workItemDecider, workItemStream(command.data.workItemId), command).length > 0;
}
