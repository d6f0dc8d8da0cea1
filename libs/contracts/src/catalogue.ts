import { Poison } from '@codex/event-sourcing';
import type { Context } from './contexts.gen';
import type { MessageKind, SchemaEntry } from './schema-entry';
import { schemaEntries } from './schemas.gen';
import { topicCatalogue } from './topics.gen';

const byId = new Map(schemaEntries.map((entry) => [entry.id, entry]));
const byType = new Map(schemaEntries.filter((entry) => entry.current).map((entry) => [entry.name, entry]));
const topicNames = new Map(topicCatalogue.map((topic) => [`${topic.kind}/${topic.context}`, topic.name]));

/** Every bounded context, in alphabetical order. */
export const contexts: readonly Context[] = [...new Set(topicCatalogue.map((topic) => topic.context))];

/** The newest schema of every message type. */
export const messageTypes: readonly SchemaEntry[] = [...byType.values()];

/** The schema behind an id, of whatever age. Throws {@link Poison} `UNKNOWN_SCHEMA`. */
export function schemaById(id: number): SchemaEntry {
  const entry = byId.get(id);
  if (entry === undefined) throw new Poison('UNKNOWN_SCHEMA', `there is no schema with id ${id}`);
  return entry;
}

/** The newest schema of a type, the one that is written. Throws {@link Poison} `UNKNOWN_TYPE`. */
export function schemaOfType(type: string): SchemaEntry {
  const entry = byType.get(type);
  if (entry === undefined) throw new Poison('UNKNOWN_TYPE', `there is no message type ${type}`);
  return entry;
}

/** The context a type belongs to. Throws {@link Poison} `UNKNOWN_TYPE`. */
export function contextOfType(type: string): Context {
  return schemaOfType(type).context;
}

/** True for events that clients may follow live; false for everything else, unknown types included. */
export function isPublicEvent(type: string): boolean {
  return byType.get(type)?.isPublic ?? false;
}

/** What decides the topic of a message. `context` is the sender's own: it counts for replies only. */
export interface TopicQuery {
  readonly kind: MessageKind;
  readonly type: string;
  readonly context?: Context;
}

/**
 * The topic a message is published on: that of its schema's context, for a reply that of the context which answers.
 * Throws {@link Poison} for an unknown type, and an Error for a reply without `context`.
 */
export function topicOf({ kind, type, context }: TopicQuery): string {
  const owner = kind === 'reply' ? context : contextOfType(type);
  const name = owner && topicNames.get(`${kind}/${owner}`);
  if (name === undefined) throw new Error(`no topic for ${kind} ${type} of context ${owner ?? '(none given)'}`);
  return name;
}
