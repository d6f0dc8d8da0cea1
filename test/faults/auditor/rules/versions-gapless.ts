import { eventsByStream, storedEvents, type Evidence } from '../evidence';
import type { Finding } from '../finding';

const rule = 'versions-gapless';

/** Every stream has the versions 1 to n, each once, and no event id is used twice; commands are sent again under theirs. */
export function* versionsGapless(evidence: Evidence): Iterable<Finding> {
  for (const [stream, events] of eventsByStream(evidence)) {
    const wrong = events.findIndex(({ version }, index) => version !== index + 1);
    if (wrong >= 0) {
      const seen = `version ${events[wrong]!.version} of ${events[wrong]!.service}`;
      yield { rule, about: stream, expected: `version ${wrong + 1}`, seen };
    }
  }
  for (const [id, messages] of Map.groupBy(storedEvents(evidence), ({ metadata }) => metadata.messageId)) {
    if (messages.length === 1) continue;
    const seen = messages.map(({ service, stream, type }) => `${type} on ${stream} in ${service}`).join(' and ');
    yield { rule, about: `message ${id}`, expected: 'stored once', seen };
  }
}
