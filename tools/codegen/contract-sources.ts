import type { IdentifiedSchema } from './lock';
import type { Message, Topic } from './message-catalogue';
import { pascalCase } from './message-catalogue';
import type { NestedTypes } from './nested-types';
import { docSource, membersSource } from './type-source';

const HEADER = '// Generated from schemas/avro by `npm run codegen`. Do not edit.\n';

const BASE_TYPE = { event: 'DomainEvent', command: 'DomainCommand', reply: 'ReplyMessage' } as const;

/** `nested-types.gen.ts`: records and enums that messages have inside. */
export function nestedSource(nested: NestedTypes): string {
  const types = nested.definitions.map(({ name, schema, owner }) =>
    schema.type === 'enum'
      ? `${docSource(schema.doc)}export type ${name} = ${schema.symbols!.map((symbol) => `'${symbol}'`).join(' | ')};\n`
      : `${docSource(schema.doc)}export type ${name} = {\n${membersSource(schema.fields!, owner, nested)}};\n`,
  );
  return withImports([HEADER, ...types].join('\n'), nested, 'nested-types');
}

/** `<context>.gen.ts`: the data and the message type of each schema of a context, and their unions. */
export function contextSource(context: string, messages: readonly Message[], nested: NestedTypes): string {
  const types = messages.map(
    (message) =>
      `${docSource(message.schema.doc)}export type ${message.name}Data = {\n` +
      `${membersSource(message.schema.fields, message, nested)}};\n\n` +
      `${docSource(message.schema.doc)}export type ${message.name} = ` +
      `${BASE_TYPE[message.kind]}<'${message.name}', ${message.name}Data>;\n`,
  );
  const unions = (['event', 'command', 'reply'] as const)
    .map((kind) => ({ kind, names: messages.filter((message) => message.kind === kind).map(({ name }) => name) }))
    .filter(({ names }) => names.length > 0)
    .map(({ kind, names }) => {
      const members = names.map((name) => `  | ${name}`).join('\n');
      const doc = `/** Every ${kind} of the context ${context}. */\n`;
      return `${doc}export type ${pascalCase(context)}${pascalCase(kind)} =\n${members};\n`;
    });
  return withImports([HEADER, ...types, ...unions].join('\n'), nested, context);
}

/** `contexts.gen.ts`: everything above under one roof, with the data type of each message by its name. */
export function contextsSource(messages: readonly Message[], contexts: readonly string[]): string {
  const imports = contexts.map((context) => {
    const names = messages.filter((message) => message.context === context).map(({ name }) => `${name}Data`);
    return `import type { ${names.join(', ')} } from './${context}.gen';\n`;
  });
  const exports = ['nested-types', ...contexts].map((name) => `export type * from './${name}.gen';\n`);
  const members = messages.map(({ name }) => `  readonly ${name}: ${name}Data;\n`);
  return [
    `${HEADER}${imports.join('')}\n${exports.join('')}`,
    `/** The bounded contexts; each has its topics and its namespace. */\n` +
      `export type Context = ${contexts.map((context) => `'${context}'`).join(' | ')};\n`,
    `/** The data of each message by its type. */\nexport interface MessageData {\n${members.join('')}}\n`,
  ].join('\n');
}

/** `schemas.gen.ts`: every version of every schema. One JSON object a line: the generator reads its own output back. */
export function schemasSource(schemas: readonly IdentifiedSchema[], messages: readonly Message[]): string {
  const lines = [...schemas]
    .sort((a, b) => a.id - b.id)
    .map(({ id, file, fingerprint }) => {
      const { name, namespace, codexKind: kind, codexStream: stream } = file.schema;
      const isPublic = messages.find((message) => message.name === name)?.isPublic ?? false;
      const entry = { id, name, fullName: `${namespace}.${name}`, context: file.context, kind, stream, isPublic };
      const rest = { current: file.version === null, file: file.file, fingerprint, avro: JSON.stringify(file.schema) };
      return `  ${JSON.stringify({ ...entry, ...rest })},\n`;
    });
  return (
    `${HEADER}import type { SchemaEntry } from './schema-entry';\n\n` +
    `/** Every schema a message was ever written with, by id. */\n` +
    `export const schemaEntries: readonly SchemaEntry[] = [\n${lines.join('')}];\n`
  );
}

/** `topics.gen.ts`: the topics to create. */
export function topicsSource(topics: readonly Topic[]): string {
  return (
    `${HEADER}import type { TopicDefinition } from './topic';\n\n` +
    `/** Every topic there is. Topics are created from here and nowhere else; partitions never change. */\n` +
    `export const topicCatalogue: readonly TopicDefinition[] = [\n` +
    `${topics.map((topic) => `  ${JSON.stringify(topic)},\n`).join('')}];\n`
  );
}

function withImports(source: string, nested: NestedTypes, name: string): string {
  const uses = (type: string) => new RegExp(`[^\\w'\`]${type}\\b`).test(source);
  const base = Object.values(BASE_TYPE).filter(uses);
  const eventSourcing = base.filter((type) => type !== 'ReplyMessage');
  const own =
    name === 'nested-types'
      ? []
      : nested.definitions.map((definition) => definition.name).filter(inTypePosition(source));
  const lines = [
    ...(eventSourcing.length > 0
      ? [`import type { ${eventSourcing.join(', ')} } from '@codex/event-sourcing';\n`]
      : []),
    ...(base.includes('ReplyMessage') ? [`import type { ReplyMessage } from './reply-message';\n`] : []),
    ...(uses('JsonValue') ? [`import type { JsonValue } from './json-value';\n`] : []),
    ...(own.length > 0 ? [`import type { ${own.join(', ')} } from './nested-types.gen';\n`] : []),
  ];
  return source.replace(HEADER, HEADER + lines.join(''));
}

/** Whether a nested type stands behind a member's colon; documentation may hold the same word. */
function inTypePosition(source: string): (type: string) => boolean {
  const members = source.split('\n').filter((line) => line.startsWith('  readonly '));
  return (type) => members.some((line) => new RegExp(`\\b${type}\\b`).test(line.slice(line.indexOf(':'))));
}
