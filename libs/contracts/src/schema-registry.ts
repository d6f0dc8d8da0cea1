import { Poison, Unavailable } from '@codex/event-sourcing';
import { contexts, topicOf } from './catalogue';
import type { SchemaEntry } from './schema-entry';
import { schemaEntries } from './schemas.gen';

/** Which number stands in front of a body on Kafka. Consumers of ours ignore it and resolve by `ce_dataschema`. */
export interface WireIds {
  wireIdOf(schemaId: number, topic: string): number;
}

/** Without a registry: the ids of the checked-in lock. */
export const lockIds: WireIds = { wireIdOf: (schemaId) => schemaId };

/** Where the registry is and what to put there. User and password may be part of `url`. */
export interface SchemaRegistryOptions {
  readonly url: string;
  /** Default: the whole catalogue. */
  readonly entries?: readonly SchemaEntry[];
  /** Subjects registered at the same time; default 8. */
  readonly concurrency?: number;
}

interface Subject {
  readonly topic: string;
  readonly entries: readonly SchemaEntry[];
}

/**
 * Registers every version of every schema, oldest first, under `<topic>-<full name>` (TopicRecordName) with
 * FULL_TRANSITIVE compatibility. Safe to repeat and to run from several services at once. Resolves when all ids are known.
 * Throws {@link Unavailable} when the registry can't be reached, {@link Poison} `SCHEMA_REFUSED` when it says no.
 */
export async function registerCatalogue(options: SchemaRegistryOptions): Promise<WireIds> {
  const register = await client(options.url);
  const ids = new Map<string, number>();
  const waiting = subjectsOf(options.entries ?? schemaEntries);
  const work = async () => {
    for (let subject = waiting.shift(); subject !== undefined; subject = waiting.shift())
      for (const entry of subject.entries)
        ids.set(`${subject.topic}/${entry.id}`, await register(entry, `${subject.topic}-${entry.fullName}`));
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 8 }, work));
  return { wireIdOf: (schemaId, topic) => known(ids, schemaId, topic) };
}

function known(ids: ReadonlyMap<string, number>, schemaId: number, topic: string): number {
  const id = ids.get(`${topic}/${schemaId}`);
  if (id === undefined) throw new Poison('UNKNOWN_SCHEMA', `schema ${schemaId} is not registered for ${topic}`);
  return id;
}

function subjectsOf(entries: readonly SchemaEntry[]): Subject[] {
  const types = [...new Set(entries.map((entry) => entry.name))];
  return types.flatMap((type) => {
    const sorted = entries.filter((entry) => entry.name === type).sort((a, b) => a.id - b.id);
    const { kind, context } = sorted.at(-1)!;
    const owners = kind === 'reply' ? contexts : [context];
    return owners.map((owner) => ({ topic: topicOf({ kind, type, context: owner }), entries: sorted }));
  });
}

/** The library is loaded on demand: only a few installations have a registry. */
async function client(url: string): Promise<(entry: SchemaEntry, subject: string) => Promise<number>> {
  const { COMPATIBILITY, SchemaRegistry, SchemaType } = await import('@kafkajs/confluent-schema-registry');
  const { host, auth } = credentials(url);
  const registry = new SchemaRegistry({ host, ...(auth && { auth }) });
  return async (entry, subject) => {
    try {
      const compatibility = COMPATIBILITY.FULL_TRANSITIVE;
      const { id } = await registry.register({ type: SchemaType.AVRO, schema: entry.avro }, { subject, compatibility });
      return id;
    } catch (cause) {
      if (!isRefusal(cause)) throw new Unavailable('schema registry', { cause });
      throw new Poison('SCHEMA_REFUSED', `the schema registry refused ${subject}: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
}

/** A status of its own means a verdict; the library reports a broken connection as 400, and its own checks without one. */
function isRefusal(error: unknown): boolean {
  const { status } = error as { status?: unknown };
  return status === undefined || [401, 403, 409, 422].includes(status as number);
}

function credentials(url: string) {
  const { origin, pathname, username, password } = new URL(url);
  const host = origin + pathname.replace(/\/$/, '');
  if (username === '') return { host, auth: undefined };
  return { host, auth: { username: decodeURIComponent(username), password: decodeURIComponent(password) } };
}
