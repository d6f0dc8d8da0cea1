import { eventsByStream, type Evidence, type StoredEvent } from '../evidence';
import type { Finding } from '../finding';

const rule = 'attempts-counted-once';

/** No attempt at a work item is offered, started or failed twice, wherever it is counted; numbers only go up. */
export function* attemptsCountedOnce(evidence: Evidence): Iterable<Finding> {
  const runs = [...eventsByStream(evidence, 'Run').values()].flatMap((events) => events[0]!);
  const byAttempt = Map.groupBy(runs, ({ data }) => `attempt ${data['attempt']} of ${data['workItemId']}`);
  for (const [about, queued] of byAttempt)
    if (queued.length > 1)
      yield { rule, about, expected: 'one run', seen: queued.map(({ stream }) => stream).join(' and ') };
  for (const [stream, events] of eventsByStream(evidence, 'Task')) {
    yield* once(stream, ofType(events, 'TaskReady'));
    yield* once(stream, ofType(events, 'TaskStarted'));
    // Without a run no attempt was made: a dependency failed.
    const failures = ofType(events, 'TaskRetryScheduled', 'TaskFailed').filter(({ data }) => data['runId'] !== null);
    yield* once(stream, failures);
  }
  for (const [stream, events] of eventsByStream(evidence, 'WorkItem')) {
    const changes = ofType(events, 'WorkItemStateChanged');
    yield* once(
      stream,
      changes.filter(({ data }) => data['newState'] === 'running'),
    );
  }
}

function* once(about: string, events: readonly StoredEvent[]): Iterable<Finding> {
  let last: StoredEvent | undefined;
  for (const event of events) {
    const [before, attempt] = [Number(last?.data['attempt'] ?? 0), Number(event.data['attempt'])];
    if (attempt <= before)
      yield {
        rule,
        about,
        expected: `an attempt above ${before}`,
        seen: `${event.type}@${event.version} of ${attempt}`,
      };
    last = event;
  }
}

function ofType(events: readonly StoredEvent[], ...types: readonly string[]): readonly StoredEvent[] {
  return events.filter(({ type }) => types.includes(type));
}
