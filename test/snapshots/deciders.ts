import type { Decider } from '@codex/event-sourcing';
import { processDecider } from '@codex/process-manager';
import { agentDecider } from '../../apps/agent-manager/src/domain/agent.decider';
import { runDecider } from '../../apps/agent-manager/src/domain/run.decider';
import { deliveryDecider } from '../../apps/notification/src/domain/delivery.decider';
import { notificationDecider } from '../../apps/notification/src/domain/notification.decider';
import { subscriptionDecider } from '../../apps/notification/src/domain/subscription.decider';
import { projectDecider } from '../../apps/project/src/domain/project.decider';
import { projectQuotaDecider } from '../../apps/project/src/domain/project-quota.decider';
import { taskDecider } from '../../apps/scheduler/src/domain/task.decider';
import { workItemDecider } from '../../apps/work-item/src/domain/work-item.decider';

// Deciders are invariant in their events, so a list of different ones can only be typed by `any`.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyDecider = Decider<any, any, any>;

/** A decider, and the files that hold its fold. */
export interface FoldedDecider {
  readonly decider: AnyDecider;
  readonly foldFiles: readonly string[];
}

/** Every decider of the system. */
export const deciders: readonly FoldedDecider[] = [
  { decider: agentDecider, foldFiles: ['apps/agent-manager/src/domain/agent.state.ts'] },
  { decider: runDecider, foldFiles: ['apps/agent-manager/src/domain/run.state.ts'] },
  { decider: deliveryDecider, foldFiles: ['apps/notification/src/domain/delivery.decider.ts'] },
  { decider: notificationDecider, foldFiles: ['apps/notification/src/domain/notification.decider.ts'] },
  { decider: subscriptionDecider, foldFiles: ['apps/notification/src/domain/subscription.decider.ts'] },
  { decider: projectDecider, foldFiles: ['apps/project/src/domain/project.state.ts'] },
  { decider: projectQuotaDecider, foldFiles: ['apps/project/src/domain/project-quota.state.ts'] },
  { decider: taskDecider, foldFiles: ['apps/scheduler/src/domain/task.state.ts'] },
  { decider: workItemDecider, foldFiles: ['apps/work-item/src/domain/work-item.state.ts'] },
  { decider: processDecider, foldFiles: ['libs/process-manager/src/process-state.ts'] },
];
