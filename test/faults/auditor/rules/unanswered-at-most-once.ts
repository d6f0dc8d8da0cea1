import { isAcknowledged, isRefused, type CommandAttempt } from '../../load/journal';
import { storedEvents, type Evidence, type StoredEvent } from '../evidence';
import type { Finding } from '../finding';

const rule = 'unanswered-at-most-once';

/** Events that only ever follow a client's own command, one a command. */
const DIRECT = new Set([
  'ProjectCreated',
  'ProjectDetailsChanged',
  'ProjectArchived',
  'ProjectPaused',
  'ProjectResumed',
  'ProjectQuotaSet',
  'VisionSet',
  'RequirementAdded',
  'RequirementChanged',
  'RequirementRemoved',
  'WorkItemCreated',
  'WorkItemApproved',
  'WorkItemRejected',
  'WorkItemPriorityChanged',
  'WorkItemRetryRequested',
]);

/**
 * A call has one effect at most, whether or not it was answered and however often it was repeated under its key; a call
 * that was only ever refused has none, and the same call never gets both a yes and a no.
 */
export function* unansweredAtMostOnce(evidence: Evidence): Iterable<Finding> {
  const effects = Map.groupBy(storedEvents(evidence).filter(isDirect), ({ metadata }) => metadata.correlationId);
  for (const [call, attempts] of Map.groupBy(evidence.journal.commands, (attempt) => attempt.call)) {
    const found = effects.get(call) ?? [];
    const about = `${attempts[0]!.method} ${attempts[0]!.path} (${call})`;
    const most = attempts.every(isRefused) ? 0 : 1;
    if (found.length > most) {
      const seen = found.map(({ type, stream, version }) => `${type} ${stream}@${version}`).join(' and ');
      yield { rule, about, expected: most === 0 ? 'no effect' : 'one effect at most', seen };
    }
    const no = attempts.some(isAcknowledged) ? attempts.find(isFinalRefusal) : undefined;
    if (no !== undefined)
      yield { rule, about, expected: 'the same answer again', seen: `${no.answer!.status} as well` };
  }
}

function isDirect({ type, data }: StoredEvent): boolean {
  return DIRECT.has(type) || (type === 'WorkItemStateChanged' && data['newState'] === 'cancelled');
}

/** "Still running" and "too many requests" say nothing about the command. */
function isFinalRefusal(attempt: CommandAttempt): boolean {
  const { answer } = attempt;
  return isRefused(attempt) && answer?.status !== 429 && answer?.body['code'] !== 'COMMAND_IN_FLIGHT';
}
