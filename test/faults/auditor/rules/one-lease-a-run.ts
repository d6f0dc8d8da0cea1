import { isAcknowledged, type CommandAttempt } from '../../load/journal';
import { eventsByStream, type Evidence, type StoredEvent } from '../evidence';
import type { Finding } from '../finding';

const rule = 'one-lease-a-run';
const ENDS = new Set(['RunCompleted', 'RunFailed', 'RunCancelled', 'RunLost']);

/** A run is given to one agent and ends once, and a work item has one live run at a time. */
export function* oneLeaseARun(evidence: Evidence): Iterable<Finding> {
  const runs = eventsByStream(evidence, 'Run');
  for (const [stream, events] of runs) yield* startedAndEndedOnce(stream, events);
  yield* oneLiveRunAnItem(evidence);
  yield* claimedOnce(evidence, runs);
  yield* endedByItsHolder(evidence);
  yield* liesRefused(evidence);
}

function* startedAndEndedOnce(about: string, events: readonly StoredEvent[]): Iterable<Finding> {
  const starts = events.filter(({ type }) => type === 'RunStarted');
  const ends = events.filter(({ type }) => ENDS.has(type));
  if (starts.length > 1) yield { rule, about, expected: 'one start', seen: `${starts.length}` };
  if (ends.length > 1) yield { rule, about, expected: 'one end', seen: ends.map(({ type }) => type).join(' and ') };
  if (ends.length > 0 && !ENDS.has(events.at(-1)!.type))
    yield { rule, about, expected: 'nothing after its end', seen: events.at(-1)!.type };
}

/** In the order of agent-manager's event table. */
function* oneLiveRunAnItem({ stores }: Evidence): Iterable<Finding> {
  const live = new Map<unknown, string>();
  for (const { stream, type, data } of stores.get('agent-manager') ?? []) {
    if (!stream.startsWith('Run-')) continue;
    const item = data['workItemId'];
    const other = live.get(item);
    if (type === 'RunQueued' && other !== undefined)
      yield {
        rule,
        about: `work item ${String(item)}`,
        expected: `the end of ${other} first`,
        seen: `${stream} queued`,
      };
    if (type === 'RunQueued') live.set(item, stream);
    if (ENDS.has(type) && other === stream) live.delete(item);
  }
}

function* claimedOnce({ journal }: Evidence, runs: ReadonlyMap<string, readonly StoredEvent[]>): Iterable<Finding> {
  for (const [runId, claims] of Map.groupBy(journal.claims, (claim) => claim.runId)) {
    const about = `run ${runId}`;
    if (claims.length > 1) {
      const seen = `given to ${claims.map(({ agentId }) => agentId).join(' and ')}`;
      yield { rule, about, expected: 'one claim', seen };
    }
    const holder = runs.get(`Run-${runId}`)?.find(({ type }) => type === 'RunStarted')?.data['agentId'];
    for (const { agentId } of claims)
      if (agentId !== holder)
        yield { rule, about, expected: `given to ${String(holder)}`, seen: `claimed by ${agentId}` };
  }
}

function* endedByItsHolder({ journal }: Evidence): Iterable<Finding> {
  const endings = journal.commands.filter((attempt) => isAcknowledged(attempt) && endingOf(attempt) !== null);
  for (const [runId, attempts] of Map.groupBy(endings, (attempt) => endingOf(attempt)!)) {
    const effective = attempts.filter(({ answer }) => (answer!.body['events'] as readonly string[]).length > 0);
    const commands = new Set(effective.map(({ answer }) => answer!.body['commandId']));
    if (commands.size > 1)
      yield { rule, about: `run ${runId}`, expected: 'one accepted ending', seen: [...commands].join(' and ') };
  }
}

/** Another token than the lease's, or an ended lease, changes nothing. */
function* liesRefused({ journal }: Evidence): Iterable<Finding> {
  for (const attempt of journal.commands)
    if (attempt.mustFail === true && isAcknowledged(attempt))
      yield { rule, about: attempt.path, expected: 'LEASE_LOST', seen: `${attempt.answer!.status}` };
}

function endingOf({ path }: CommandAttempt): string | null {
  return /\/runs\/([^/]+)\/(?:complete|fail)$/.exec(path)?.[1] ?? null;
}
