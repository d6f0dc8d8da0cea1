import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cataloguePage } from './catalogue-page';
import { contextSource, contextsSource, nestedSource, schemasSource, topicsSource } from './contract-sources';
import { corpusOf } from './corpus';
import { corpusTexts, readCorpus } from './corpus-folder';
import type { IdentifiedSchema, Lock, LockUpdate } from './lock';
import { updateLock } from './lock';
import { messagesOf, topicsOf } from './message-catalogue';
import { nestedTypesOf } from './nested-types';
import type { AvroRecord } from './schema-files';
import { readSchemaFiles } from './schema-files';
import { TERRAFORM_TOPICS, topicsVariables } from './terraform-topics';

const CONTRACTS = 'libs/contracts/src';

/** Every version of every schema with its id. Throws like the generator when the lock does not fit. */
export function lockedSchemas(root: string): readonly IdentifiedSchema[] {
  return updateOf(root, new Set()).schemas;
}

/** Every generated file, relative to `root`, as it should be. Reads, never writes. */
export function outputs(root: string, amend: ReadonlySet<string> = new Set()): ReadonlyMap<string, string> {
  const update = updateOf(root, amend);
  const messages = messagesOf(update.schemas);
  const contexts = [...new Set(messages.map((message) => message.context))];
  const topics = topicsOf(contexts);
  const nested = nestedTypesOf(messages);
  return new Map([
    ...update.archived.map((file) => [`schemas/avro/${file.file}`, json(file.schema)] as const),
    ['schemas/avro/ids.lock.json', lockText(update.lock)],
    [`${CONTRACTS}/nested-types.gen.ts`, nestedSource(nested)],
    ...contexts.map((context) => {
      const own = messages.filter((message) => message.context === context);
      return [`${CONTRACTS}/${context}.gen.ts`, contextSource(context, own, nested)] as const;
    }),
    [`${CONTRACTS}/contexts.gen.ts`, contextsSource(messages, contexts)],
    [`${CONTRACTS}/schemas.gen.ts`, schemasSource(update.schemas, messages)],
    [`${CONTRACTS}/topics.gen.ts`, topicsSource(topics)],
    ['docs/event-catalogue.md', cataloguePage(messages, topics)],
    [TERRAFORM_TOPICS, topicsVariables(topics)],
    ...corpusTexts(corpusOf(update.schemas, readCorpus(root), amend)),
  ]);
}

function updateOf(root: string, amend: ReadonlySet<string>): LockUpdate {
  const files = readSchemaFiles(join(root, 'schemas/avro'));
  return updateLock({ lock: readLock(root), files, generated: readGenerated(root), amend });
}

/** Generated files whose content on disk is not what it should be. */
export function staleFiles(root: string, files: ReadonlyMap<string, string>): string[] {
  return [...files].filter(([file, text]) => read(join(root, file)) !== text).map(([file]) => file);
}

function readLock(root: string): Lock {
  return JSON.parse(read(join(root, 'schemas/avro/ids.lock.json')) ?? '{}') as Lock;
}

function readGenerated(root: string): ReadonlyMap<number, AvroRecord> {
  const lines = (read(join(root, CONTRACTS, 'schemas.gen.ts')) ?? '')
    .split('\n')
    .filter((line) => line.startsWith('  {"id":'));
  const entries = lines.map((line) => JSON.parse(line.replace(/,$/, '')) as { id: number; avro: string });
  return new Map(entries.map(({ id, avro }) => [id, JSON.parse(avro) as AvroRecord]));
}

function lockText(lock: Lock): string {
  const lines = Object.entries(lock).map(([id, entry]) => `  ${JSON.stringify(id)}: ${JSON.stringify(entry)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
