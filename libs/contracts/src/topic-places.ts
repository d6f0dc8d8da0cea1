import type { Context } from './contexts.gen';
import type { TopicDefinition } from './topic';
import { topicCatalogue } from './topics.gen';

/** An event topic that took the place of one in the catalogue: `<topic of the catalogue>.<suffix>`. */
export interface MovedTopic {
  readonly name: string;
  readonly partitions: number;
}

/** Text that does not say where topics are. */
export class TopicPlacesInvalid extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join('; '));
  }
}

const MOST_PARTITIONS = 1_000;
const MOVED = /^(?<topic>[a-z-]+\.[a-z]+\.v\d+)\.[a-z0-9-]{1,32}$/;

/**
 * Under which names the topics of the catalogue are found. Event topics can be moved to others, with other numbers of
 * partitions; everything that names a topic by the catalogue asks here. It must say the same in every service.
 */
export class TopicPlaces {
  /** The catalogue, with the topics that took the place of others. */
  readonly definitions: readonly TopicDefinition[];
  private readonly moved: ReadonlyMap<string, MovedTopic>;

  constructor(moved: readonly MovedTopic[] = []) {
    this.moved = new Map(moved.map((topic) => [cataloguedName(topic.name), topic]));
    this.definitions = topicCatalogue.map((topic) => ({ ...topic, ...this.moved.get(topic.name) }));
  }

  /**
   * Reads `<topic>.<suffix>:<partitions>`, separated by commas. Throws {@link TopicPlacesInvalid} with every mistake.
   */
  static parse(text: string): TopicPlaces {
    const entries = text.split(',').map((entry) => entry.trim());
    const moved = entries.map(movedTopic);
    const mistakes = entries.flatMap((entry) => mistakesOf(entry));
    const names = moved.map(({ name }) => cataloguedName(name));
    const twice = names.filter((name, index) => name !== '' && names.indexOf(name) !== index);
    mistakes.push(...new Set(twice.map((name) => `${name} is moved twice`)));
    if (mistakes.length > 0) throw new TopicPlacesInvalid(mistakes);
    return new TopicPlaces(moved);
  }

  /** The name of the topic that has the place of this one of the catalogue; any other name as it is. */
  nameOf(topic: string): string {
    return this.moved.get(topic)?.name ?? topic;
  }

  /** The same, and one topic moved on. */
  with(topic: MovedTopic): TopicPlaces {
    const others = [...this.moved.values()].filter(({ name }) => cataloguedName(name) !== cataloguedName(topic.name));
    return new TopicPlaces([...others, topic]);
  }

  /** As {@link TopicPlaces.parse} reads it. */
  toString(): string {
    return [...this.moved.values()].map(({ name, partitions }) => `${name}:${partitions}`).join(',');
  }
}

/** The topic of the catalogue that a context publishes its events on. */
export function eventTopicOf(context: Context): string {
  return topicCatalogue.find((topic) => topic.kind === 'event' && topic.context === context)!.name;
}

function movedTopic(entry: string): MovedTopic {
  const [name = '', partitions] = entry.split(':');
  return { name, partitions: Number(partitions) };
}

function mistakesOf(entry: string): readonly string[] {
  const { name, partitions } = movedTopic(entry);
  const topic = cataloguedName(name);
  if (topic === '' || entry.split(':').length !== 2) return [`"${entry}" is not <topic>.<suffix>:<partitions>`];
  const known = topicCatalogue.find((one) => one.name === topic);
  const mistakes: string[] = [];
  if (known === undefined) mistakes.push(`${topic} is not in the catalogue`);
  else if (known.kind !== 'event') mistakes.push(`${topic} has no events: only topics of events can be moved`);
  else if (known.context === 'system') mistakes.push(`${topic} is published by every service: it can't be moved`);
  if (!Number.isInteger(partitions) || partitions < 1 || partitions > MOST_PARTITIONS) {
    mistakes.push(`${name} needs 1 to ${MOST_PARTITIONS} partitions`);
  }
  return mistakes;
}

function cataloguedName(moved: string): string {
  return MOVED.exec(moved)?.groups?.['topic'] ?? '';
}
