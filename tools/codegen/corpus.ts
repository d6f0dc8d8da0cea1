import { createHash } from 'node:crypto';
import { compileSchema } from '@codex/contracts';
import type { IdentifiedSchema } from './lock';
import { sampleCount, sampleOf } from './sample-values';

/** What a schema version wrote when it was new. Never changes: it stands for everything that is stored for ever. */
export interface CorpusFile {
  readonly id: number;
  /** Full name of the schema. */
  readonly name: string;
  readonly fingerprint: string;
  readonly samples: readonly CorpusSample[];
}

export interface CorpusSample {
  /** Avro body without prefix, base64. */
  readonly body: string;
  /** What it said, as that version reads it. */
  readonly data: unknown;
}

/** Schema id (as JSON key) to the SHA-256 of its corpus file. */
export type CorpusLock = Readonly<Record<string, string>>;

/** The corpus as it is on disk. */
export interface Corpus {
  readonly lock: CorpusLock;
  /** Text of each file by its name. */
  readonly files: ReadonlyMap<string, string>;
}

export const CORPUS = 'schemas/corpus';

/** File name of a schema version, for example `17-ProjectCreated.json`. */
export function corpusFileOf({ id, file }: IdentifiedSchema): string {
  return `${id}-${file.name}.json`;
}

/**
 * The files and the lock as they should be: what is there stays, what a new version lacks is added. A version that was
 * amended before it was published gets new samples.
 */
export function corpusOf(
  schemas: readonly IdentifiedSchema[],
  { lock, files }: Corpus,
  amend: ReadonlySet<string>,
): Corpus {
  const wanted = new Map<string, string>();
  const digests: Record<string, string> = {};
  for (const schema of [...schemas].sort((a, b) => a.id - b.id)) {
    const name = corpusFileOf(schema);
    const kept = files.get(name);
    const isKept = kept !== undefined && !(amend.has(schema.file.name) && !isOf(schema, kept));
    const text = isKept ? kept : newSamples(schema);
    wanted.set(name, text);
    digests[schema.id] = isKept ? (lock[schema.id] ?? digestOf(text)) : digestOf(text);
  }
  return { lock: digests, files: wanted };
}

/** One sentence a fault: a version without samples, a file that changed, samples that say something else than they did. */
export function corpusFaults(schemas: readonly IdentifiedSchema[], { lock, files }: Corpus): string[] {
  const names = new Set(schemas.map(corpusFileOf));
  const strays = [...files.keys()].filter((name) => !names.has(name));
  return [
    ...strays.map((name) => `${CORPUS}/${name} belongs to no schema version`),
    ...schemas.flatMap((schema) => {
      const name = corpusFileOf(schema);
      const text = files.get(name);
      if (text === undefined) return [`${schema.file.file} has no samples: run npm run codegen`];
      if (digestOf(text) !== lock[schema.id]) return [`${CORPUS}/${name} was changed: restore it`];
      return sampleFaults(schema, JSON.parse(text) as CorpusFile).map((fault) => `${CORPUS}/${name} ${fault}`);
    }),
  ];
}

function sampleFaults({ file, fingerprint }: IdentifiedSchema, corpus: CorpusFile): string[] {
  if (corpus.fingerprint !== fingerprint) return ['is of another schema than the one with its id'];
  const type = compileSchema(file.schema);
  return corpus.samples.flatMap(({ body, data }, no) => {
    const read = type.fromBuffer(Buffer.from(body, 'base64')) as unknown;
    return JSON.stringify(read) === JSON.stringify(data) ? [] : [`sample ${no} is read as something else than before`];
  });
}

function newSamples({ id, file, fingerprint }: IdentifiedSchema): string {
  const { schema } = file;
  const type = compileSchema(schema);
  const samples = Array.from({ length: sampleCount(schema as never) }, (_, no) => {
    const data = sampleOf(schema as never, no);
    return { body: type.toBuffer(data).toString('base64'), data };
  });
  const corpus: CorpusFile = { id, name: `${schema.namespace}.${schema.name}`, fingerprint, samples };
  return `${JSON.stringify(corpus, null, 2)}\n`;
}

function isOf({ fingerprint }: IdentifiedSchema, text: string): boolean {
  return (JSON.parse(text) as CorpusFile).fingerprint === fingerprint;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
