import { eventsByStream, type Evidence } from '../evidence';
import type { Finding } from '../finding';

const rule = 'everything-ends';

const FINAL_STATES = new Set(['completed', 'failed', 'cancelled', 'deleted']);

/** Each process and each work item is in a final state, and whatever they held was given back. */
export function* everythingEnds(evidence: Evidence): Iterable<Finding> {
  yield* processes(evidence);
  yield* workItems(evidence);
  yield* quotas(evidence);
  yield* runs(evidence);
}

function* processes(evidence: Evidence): Iterable<Finding> {
  for (const [about, events] of eventsByStream(evidence, 'Process')) {
    const last = events.at(-1)!.type;
    if (last !== 'ProcessCompleted' && last !== 'ProcessCompensated')
      yield { rule, about, expected: 'completed or compensated', seen: `${last} as its last event` };
  }
}

function* workItems(evidence: Evidence): Iterable<Finding> {
  for (const [about, events] of eventsByStream(evidence, 'WorkItem')) {
    const changes = events.filter(({ type }) => type === 'WorkItemStateChanged');
    const state = String(changes.at(-1)?.data['newState'] ?? 'draft');
    if (!FINAL_STATES.has(state)) yield { rule, about, expected: 'a final state', seen: state };
  }
}

function* quotas(evidence: Evidence): Iterable<Finding> {
  for (const [about, events] of eventsByStream(evidence, 'ProjectQuota')) {
    const open = new Set<unknown>();
    for (const { type, data } of events) {
      if (type === 'QuotaAssigned') open.add(data['grantId']);
      if (type === 'QuotaReleased') open.delete(data['grantId']);
    }
    if (open.size > 0) yield { rule, about, expected: 'every grant released', seen: `open: ${[...open].join(', ')}` };
  }
}

function* runs({ runDesk }: Evidence): Iterable<Finding> {
  for (const { runId, agentId } of runDesk.leases)
    yield { rule, about: `run ${runId}`, expected: 'no lease', seen: `one of agent ${agentId}` };
  for (const { runId, workItemId, status } of runDesk.runs)
    if (status === 'queued' || status === 'running')
      yield { rule, about: `run ${runId} of ${workItemId}`, expected: 'an ended run', seen: status };
}
