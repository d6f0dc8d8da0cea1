import { contextOfType, topicCatalogue, topicOf, type TopicDefinition } from '@codex/contracts';
import { partitionOf } from '@codex/kafka-messaging';
import { storedMessages, type Evidence, type LoggedMessage, type StoredMessage } from '../evidence';
import type { Finding } from '../finding';

const rule = 'log-complete-in-order';
const topics: ReadonlyMap<string, TopicDefinition> = new Map(topicCatalogue.map((topic) => [topic.name, topic]));

/**
 * Every stored message is in Kafka at least once, unchanged, on its topic and in the partition of its stream; nothing
 * else is there; and the first sightings of a stream's messages are in the order in which they were stored.
 */
export function* logCompleteInOrder(evidence: Evidence): Iterable<Finding> {
  const firsts = new Map<string, LoggedMessage>();
  for (const message of evidence.log) {
    const copy = copyOf(message.id, message.raw);
    if (!firsts.has(copy)) firsts.set(copy, message);
  }
  const stored = storedMessages(evidence);
  for (const message of stored) yield* published(message, firsts.get(copyOfStored(message)));
  yield* inOrder(stored, firsts);
  yield* nothingElse(evidence.log, new Set(stored.map(copyOfStored)));
}

/** A command that is sent again keeps its id, and may say more than the first time: each is published as it was stored. */
function copyOf(id: string, raw: Buffer): string {
  return `${id} ${raw.toString('base64')}`;
}

function copyOfStored({ metadata, raw }: StoredMessage): string {
  return copyOf(metadata.messageId, raw);
}

function* published(message: StoredMessage, first: LoggedMessage | undefined): Iterable<Finding> {
  const about = nameOf(message);
  if (first === undefined) {
    yield { rule, about, expected: 'in Kafka at least once', seen: 'nothing' };
    return;
  }
  const context = contextOfReplier(message);
  const topic = topicOf({ kind: message.kind, type: message.type, ...(context && { context }) });
  const partition = partitionOf(Buffer.from(message.stream), topics.get(topic)!.partitions);
  const place = `${topic}/${partition}`;
  if (`${first.topic}/${first.partition}` !== place)
    yield { rule, about, expected: place, seen: `${first.topic}/${first.partition}` };
  if (first.version !== message.version || first.stream !== message.stream)
    yield { rule, about, expected: 'what was stored', seen: `another name at offset ${first.offset}` };
}

function* inOrder(stored: readonly StoredMessage[], firsts: ReadonlyMap<string, LoggedMessage>): Iterable<Finding> {
  for (const messages of Map.groupBy(stored, ({ service, kind, stream }) => `${service} ${kind} ${stream}`).values()) {
    const wanted = messages[0]!.kind === 'event' ? messages.toSorted((a, b) => a.version! - b.version!) : messages;
    let last: LoggedMessage | undefined;
    const seen = new Set<string>();
    for (const message of wanted) {
      const copy = copyOfStored(message);
      const first = firsts.get(copy);
      if (first === undefined || seen.has(copy)) continue;
      seen.add(copy);
      if (last !== undefined && first.topic === last.topic && first.offset < last.offset) {
        const found = `offset ${first.offset}, before ${last.version ?? last.id} at ${last.offset}`;
        yield { rule, about: nameOf(message), expected: 'behind what was stored earlier', seen: found };
      }
      last = first;
    }
  }
}

function* nothingElse(log: readonly LoggedMessage[], known: ReadonlySet<string>): Iterable<Finding> {
  for (const { id, topic, partition, offset, stream, version, raw } of log) {
    if (known.has(copyOf(id, raw))) continue;
    const seen = `${stream}@${version ?? id} at ${topic}/${partition}@${offset}`;
    yield { rule, about: stream, expected: 'only what is stored', seen };
  }
}

/** A reply goes to the topic of the context that answers: that of the service whose store holds it. */
function contextOfReplier({ kind, service, type }: StoredMessage): ReturnType<typeof contextOfType> | undefined {
  if (kind !== 'reply') return contextOfType(type);
  return (service === 'agent-manager' ? 'agent' : service) as ReturnType<typeof contextOfType>;
}

function nameOf({ type, stream, version, metadata }: StoredMessage): string {
  return `${type} ${stream}@${version ?? metadata.messageId}`;
}
