import { PersistentSet, type SetTree } from './persistent-set';

const SET = '$set';
/** Names the hash the set was sorted by, too. */
const PERSISTENT_SET = '$persistentSet';
const MAP = '$map';
const LITERAL = '$literal';
const TAGS: ReadonlySet<string> = new Set([SET, PERSISTENT_SET, MAP, LITERAL]);

/** The state holds something that would come back as something else. */
export class StateNotEncodable extends Error {
  override readonly name = 'StateNotEncodable';
}

/**
 * A state as JSON that {@link decodeState} turns into an equal one: plain data, `Map`, `Set` and {@link PersistentSet}.
 * Throws {@link StateNotEncodable} for everything else (`undefined`, dates, class instances), rather than losing it.
 */
export function encodeState(state: unknown): string {
  return JSON.stringify(encoded(state));
}

/** Throws on bytes that {@link encodeState} did not write. */
export function decodeState(text: string): unknown {
  return decoded(JSON.parse(text));
}

function encoded(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
  if (Array.isArray(value)) return value.map(encoded);
  if (value instanceof PersistentSet) return { [PERSISTENT_SET]: value.toTree() };
  if (value instanceof Set) return { [SET]: [...value].map(encoded) };
  if (value instanceof Map) return { [MAP]: [...value].map(encoded) };
  if (typeof value === 'object' && isPlain(value)) return encodedFields(value);
  throw new StateNotEncodable(`a state can't hold ${typeof value === 'object' ? 'an instance' : typeof value}`);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function encodedFields(value: object): object {
  const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, encoded(field)]));
  return Object.keys(fields).some((name) => TAGS.has(name)) ? { [LITERAL]: Object.entries(fields) } : fields;
}

function decoded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(decoded);
  const entries = Object.entries(value);
  const [tag, content] = entries.length === 1 ? entries[0]! : ['', null];
  if (tag === PERSISTENT_SET) return PersistentSet.fromTree(content as SetTree);
  if (tag === SET) return new Set((content as unknown[]).map(decoded));
  if (tag === MAP) return new Map((content as unknown[]).map(decoded) as [unknown, unknown][]);
  if (tag === LITERAL) return decodedFields(content as [string, unknown][]);
  return decodedFields(entries);
}

function decodedFields(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries.map(([name, field]) => [name, decoded(field)]));
}
