import { createHash } from 'node:crypto';
import type { AvroRecord, SchemaFile } from './schema-files';

/** One line of schemas/avro/ids.lock.json. */
export interface LockEntry {
  readonly name: string;
  readonly file: string;
  readonly fingerprint: string;
}

/** Schema id (as JSON key) to what it names. Ids only ever grow. */
export type Lock = Readonly<Record<string, LockEntry>>;

/** A schema with the id it is written under. */
export interface IdentifiedSchema {
  readonly id: number;
  readonly file: SchemaFile;
  readonly fingerprint: string;
}

/** The lock as it should be, with the versions that have to be kept beside the current ones. */
export interface LockUpdate {
  readonly lock: Lock;
  readonly schemas: readonly IdentifiedSchema[];
  /** Schemas that were replaced: to be written as `<Name>@<n>.avsc`. */
  readonly archived: readonly SchemaFile[];
}

/** What the update starts from. */
export interface LockInput {
  readonly lock: Lock;
  readonly files: readonly SchemaFile[];
  /** The schema last generated for an id: the only copy of what a changed file said before. */
  readonly generated: ReadonlyMap<number, AvroRecord>;
  /** Names whose newest version was never published and may keep its id although it changed, or vanish. */
  readonly amend: ReadonlySet<string>;
}

/** SHA-256 over everything that reaches the wire or the registry; documentation may improve under the same id. */
export function fingerprint(schema: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(schema)))
    .digest('hex');
}

/**
 * Gives new schemas the next id. A changed schema gets a new id as well and its older version a file of its own.
 * Throws when a locked schema disappeared, or a kept version was edited.
 */
export function updateLock(input: LockInput): LockUpdate {
  const lock: Record<string, LockEntry> = { ...input.lock };
  const archived: SchemaFile[] = [];
  for (const file of input.files.filter((candidate) => candidate.version === null)) {
    const name = fullName(file.schema);
    const print = fingerprint(file.schema);
    const known = currentEntry(lock, file.file);
    if (known?.entry.fingerprint === print && known.entry.name === name) continue;
    const entry = { name, file: file.file, fingerprint: print };
    if (known === undefined) lock[nextId(lock)] = entry;
    else if (input.amend.has(file.name)) lock[known.id] = entry;
    else {
      const older = archive(input, known.id, file, archived);
      lock[known.id] = { ...known.entry, file: older.file };
      lock[nextId(lock)] = entry;
      archived.push(older);
    }
  }
  return { lock, archived, schemas: identify(lock, [...input.files, ...archived], input.amend) };
}

function identify(lock: Record<string, LockEntry>, files: readonly SchemaFile[], amend: ReadonlySet<string>) {
  const byFile = new Map(files.map((file) => [file.file, file]));
  const schemas: IdentifiedSchema[] = [];
  for (const [id, entry] of Object.entries(lock)) {
    const file = byFile.get(entry.file);
    if (file === undefined) {
      if (!amend.has(entry.name.slice(entry.name.lastIndexOf('.') + 1)))
        throw new Error(`${entry.file} has id ${id} and is gone; what was once written must stay readable`);
      delete lock[id];
    } else if (fingerprint(file.schema) !== entry.fingerprint)
      throw new Error(`${entry.file} has id ${id} and was changed; a kept version must not change`);
    else schemas.push({ id: Number(id), file, fingerprint: entry.fingerprint });
  }
  const stray = files.find((file) => !Object.values(lock).some((entry) => entry.file === file.file));
  if (stray !== undefined) throw new Error(`${stray.file} has no id in the lock; only the generator writes @n files`);
  return schemas;
}

function archive(input: LockInput, id: number, file: SchemaFile, archived: readonly SchemaFile[]): SchemaFile {
  const schema = input.generated.get(id);
  if (schema === undefined)
    throw new Error(
      `${file.file} changed, and its older version (id ${id}) is not in the generated catalogue; restore it`,
    );
  const versions = [...input.files, ...archived].filter(
    (other) => other.context === file.context && other.name === file.name && other.version !== null,
  );
  const version = versions.length + 1;
  return { ...file, version, file: `${file.context}/${file.name}@${version}.avsc`, schema };
}

function currentEntry(lock: Lock, file: string): { id: number; entry: LockEntry } | undefined {
  const found = Object.entries(lock).find(([, entry]) => entry.file === file);
  return found && { id: Number(found[0]), entry: found[1] };
}

function nextId(lock: Lock): number {
  return Math.max(0, ...Object.keys(lock).map(Number)) + 1;
}

function fullName(schema: AvroRecord): string {
  return `${schema.namespace}.${schema.name}`;
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key, inner]) => key !== 'doc' || typeof inner !== 'string');
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, canonical(inner)]),
  );
}
