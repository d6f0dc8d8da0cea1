import type { RunCompletedData, RunStartedData, TaskFailedData, TaskRetryScheduledData } from '@codex/contracts';
import type { CommandMetadata } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import type { AttemptCommand } from '../domain/work-item.commands';

/** The facts about attempts that are judged here. */
export const ATTEMPT_FACTS: ReadonlySet<string> = new Set([
  'RunStarted',
  'RunCompleted',
  'TaskRetryScheduled',
  'TaskFailed',
]);

/** What the item has to decide about a fact from the scheduler or the agent manager; null for other messages. */
export function attemptCommandOf({ type, data }: ConsumedMessage, metadata: CommandMetadata): AttemptCommand | null {
  switch (type) {
    case 'RunStarted': {
      const { workItemId, attempt, runId } = data as RunStartedData;
      return { type: 'RecordRunStarted', data: { workItemId, attempt, runId }, metadata };
    }
    case 'RunCompleted': {
      const { workItemId, attempt, runId, result, artifacts } = data as RunCompletedData;
      return { type: 'RecordRunCompleted', data: { workItemId, attempt, runId, result, artifacts }, metadata };
    }
    case 'TaskRetryScheduled': {
      const { workItemId, attempt, runId, error } = data as TaskRetryScheduledData;
      return { type: 'RecordRetryScheduled', data: { workItemId, attempt, runId, error }, metadata };
    }
    case 'TaskFailed': {
      const { workItemId, attempt, runId, error } = data as TaskFailedData;
      return { type: 'RecordFailure', data: { workItemId, attempt, runId, error }, metadata };
    }
    default:
      return null;
  }
}
