import { isAcknowledged, type CommandAttempt } from '../../load/journal';
import { eventsByStream, type Evidence, type StoredEvent } from '../evidence';
import type { Finding } from '../finding';

const rule = 'acknowledged-once';

interface Receipt {
  readonly id: string;
  readonly commandId: string;
  readonly stream?: string;
  readonly version?: number;
  readonly events?: readonly string[];
}

/** Whatever a client was told is stored, exactly as it was told, and every answer to the same call is the same. */
export function* acknowledgedOnce(evidence: Evidence): Iterable<Finding> {
  const streams = eventsByStream(evidence);
  const acknowledged = evidence.journal.commands.filter(isAcknowledged);
  for (const attempt of acknowledged) yield* stored(attempt, streams);
  for (const [call, attempts] of Map.groupBy(acknowledged, (attempt) => attempt.call)) {
    const commands = new Set(attempts.map((attempt) => receiptOf(attempt).commandId));
    if (commands.size > 1) yield { rule, about: call, expected: 'one answer', seen: [...commands].join(' and ') };
  }
}

function* stored(attempt: CommandAttempt, streams: ReadonlyMap<string, readonly StoredEvent[]>): Iterable<Finding> {
  const receipt = receiptOf(attempt);
  // The answer to a creation names the work item instead of what was appended to its stream.
  const stream = receipt.stream ?? `WorkItem-${receipt.id}`;
  const told = receipt.events ?? ['WorkItemCreated'];
  const found = (streams.get(stream) ?? []).filter(({ metadata }) => metadata.commandId === receipt.commandId);
  const types = found.map(({ type }) => type);
  const about = `${attempt.method} ${attempt.path} (${attempt.call}), ${stream}`;
  const isCreation = receipt.events === undefined;
  const seen = isCreation ? types.filter((type) => type === 'WorkItemCreated') : types;
  if (seen.join() !== told.join()) yield { rule, about, expected: list(told), seen: list(seen) };
  const last = found.at(-1)?.version;
  if (told.length > 0 && receipt.version !== undefined && last !== undefined && last !== receipt.version)
    yield { rule, about, expected: `version ${receipt.version}`, seen: `version ${last}` };
}

function receiptOf({ answer }: CommandAttempt): Receipt {
  return answer!.body as unknown as Receipt;
}

function list(types: readonly string[]): string {
  return `[${types.join(', ')}]`;
}
