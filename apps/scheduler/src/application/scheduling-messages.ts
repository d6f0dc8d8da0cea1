import type {
  RunFailed,
  RunLost,
  ScheduleWorkItem,
  UnscheduleTask,
  WorkItemPriorityChanged,
  WorkItemStateChanged,
} from '@codex/contracts';
import type { ReceivedCommand, ReceivedMessage } from '@codex/event-sourcing';

/** Commands of other services to a task. */
export type SchedulingCommand = ScheduleWorkItem | UnscheduleTask;

/** Facts of other services about an item or its runs. */
export type SchedulingFact = WorkItemStateChanged | WorkItemPriorityChanged | RunFailed | RunLost;

/** What a batch is made of, in the order in which it is applied. */
export type SchedulingInput =
  | { readonly kind: 'command'; readonly command: ReceivedCommand<SchedulingCommand> }
  | { readonly kind: 'fact'; readonly fact: SchedulingFact; readonly message: ReceivedMessage };

/** Every type the scheduler acts on. */
export const handledTypes: ReadonlySet<string> = new Set<(SchedulingCommand | SchedulingFact)['type']>([
  'ScheduleWorkItem',
  'UnscheduleTask',
  'WorkItemStateChanged',
  'WorkItemPriorityChanged',
  'RunFailed',
  'RunLost',
]);
