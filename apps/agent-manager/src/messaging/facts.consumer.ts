import type { ProjectEvent, SchedulerEvent, WorkItemEvent } from '@codex/contracts';
import type { CommandMetadata } from '@codex/event-sourcing';
import type { PostgresEventStore, StoreTransaction } from '@codex/event-store-postgres';
import type { ConsumedMessage, ConsumerDeclaration } from '@codex/kafka-messaging';
import { retryConflicts } from '../application/conflict-retry';
import { takeIn, type Facts } from '../application/run-intake';
import type { ProjectFact } from '../persistence/fact-store';

/** Renaming it replays three topics from their beginning. */
export const FACTS_GROUP = 'agent-manager.facts';

type Fact = Extract<
  ProjectEvent | SchedulerEvent | WorkItemEvent,
  {
    type:
      | 'TaskReady'
      | 'WorkItemStateChanged'
      | 'WorkItemPriorityChanged'
      | 'ProjectQuotaSet'
      | 'ProjectPaused'
      | 'ProjectResumed';
  }
>;

/** What other services decide about runs: that they are due, how urgent they are, and what stands in their way. */
export function factsConsumer(
  store: Pick<PostgresEventStore, 'transaction'>,
  wake: () => void,
): ConsumerDeclaration<StoreTransaction> {
  return {
    group: FACTS_GROUP,
    topics: ['scheduler.events.v1', 'work-item.events.v1', 'project.events.v1'],
    categories: ['Task', 'WorkItem', 'Project', 'ProjectQuota'],
    handles: new Set<Fact['type']>([
      'TaskReady',
      'WorkItemStateChanged',
      'WorkItemPriorityChanged',
      'ProjectQuotaSet',
      'ProjectPaused',
      'ProjectResumed',
    ]),
    guard: true,
    transaction: (work) => retryConflicts(() => store.transaction(work)),
    async handle(messages, tx) {
      return (await takeIn(tx, factsOf(messages))) ? wake : undefined;
    },
  };
}

/** Sorts a batch by what its messages are about; within each kind the order stays. */
export function factsOf(messages: readonly ConsumedMessage[]): Facts {
  const facts = { projects: [], closed: [], priorities: [], ready: [] } as {
    -readonly [K in keyof Facts]: Facts[K][number][];
  };
  for (const message of messages) sortIn(facts, message);
  return facts;
}

function sortIn(facts: { [K in keyof Facts]: Facts[K][number][] }, message: ConsumedMessage): void {
  const { type, data } = message as unknown as Fact;
  const { tenantId } = message;
  switch (type) {
    case 'TaskReady':
      facts.ready.push({ data, metadata: causedBy(message) });
      break;
    case 'WorkItemPriorityChanged':
      facts.priorities.push({ workItemId: data.workItemId, tenantId, priority: data.priority });
      break;
    case 'WorkItemStateChanged':
      if (data.newState !== 'cancelled' && data.newState !== 'deleted') break;
      facts.closed.push({
        workItemId: data.workItemId,
        tenantId,
        metadata: causedBy(message),
        reason: data.reason ?? `the work item is ${data.newState}`,
      });
      break;
    default:
      facts.projects.push(projectFact({ type, data } as Fact, tenantId));
  }
}

function projectFact({ type, data }: Fact, tenantId: string): ProjectFact {
  const { projectId } = data;
  if (type !== 'ProjectQuotaSet') return { projectId, tenantId, paused: type === 'ProjectPaused' };
  const { maxConcurrentRuns: maxRunning, maxRunMinutesPerDay: maxRunMinutes } = data;
  return { projectId, tenantId, limits: { maxRunning, maxRunMinutes } };
}

/** The message is the cause; the events it leads to carry on its correlation and its trace. */
function causedBy({ id, tenantId, actor, correlationId, traceparent, recordedAt }: ConsumedMessage): CommandMetadata {
  const trace = traceparent === undefined ? {} : { traceparent };
  return { commandId: id, tenantId, actor, correlationId, causationId: id, ...trace, now: recordedAt };
}
