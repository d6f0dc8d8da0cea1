import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a record is on the wire; the custom attribute `codexKind` of its schema. */
export type MessageKind = 'event' | 'command' | 'reply';

/** Any Avro schema as JSON: a name, a union, or a definition with its attributes. */
export type AvroJson = string | readonly AvroJson[] | { readonly [attribute: string]: unknown };

/** A field of a record. */
export interface AvroField {
  readonly name: string;
  readonly doc?: string;
  readonly type: AvroJson;
  readonly default?: unknown;
}

/** A record at the top of a schema file, with the project's own attributes. */
export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace: string;
  readonly doc?: string;
  readonly codexKind: MessageKind;
  readonly codexStream: string;
  /** False keeps an event out of the live streams of clients. */
  readonly codexPublic?: boolean;
  readonly fields: readonly AvroField[];
}

/** One `.avsc` file. `version` is null for the current one, n for `<Name>@<n>.avsc`. */
export interface SchemaFile {
  readonly context: string;
  readonly name: string;
  readonly version: number | null;
  /** Relative to schemas/avro, with forward slashes. */
  readonly file: string;
  readonly schema: AvroRecord;
}

const FILE_NAME = /^([A-Za-z0-9]+)(?:@(\d+))?\.avsc$/;

/** Every schema file below `root` (schemas/avro), by context, then name, then version with the current one last. */
export function readSchemaFiles(root: string): SchemaFile[] {
  return readdirSync(root)
    .sort()
    .filter((context) => statSync(join(root, context)).isDirectory())
    .flatMap((context) =>
      readdirSync(join(root, context))
        .filter((name) => name.endsWith('.avsc'))
        .map((name) => readSchemaFile(root, context, name))
        .sort(byNameAndVersion),
    );
}

function readSchemaFile(root: string, context: string, fileName: string): SchemaFile {
  const file = `${context}/${fileName}`;
  const parts = FILE_NAME.exec(fileName);
  if (parts === null) throw new Error(`${file}: expected <Name>.avsc or <Name>@<n>.avsc`);
  const version = parts[2] === undefined ? null : Number(parts[2]);
  return { context, name: parts[1]!, version, file, schema: parse(file, readFileSync(join(root, file), 'utf8')) };
}

function parse(file: string, text: string): AvroRecord {
  try {
    return JSON.parse(text) as AvroRecord;
  } catch (error) {
    throw new Error(`${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function byNameAndVersion(a: SchemaFile, b: SchemaFile): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (a.version ?? Infinity) - (b.version ?? Infinity);
}
