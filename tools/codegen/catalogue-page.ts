import type { Message, Topic } from './message-catalogue';
import type { AvroField, AvroJson } from './schema-files';

/** `docs/event-catalogue.md`: what travels on which topic, for people. */
export function cataloguePage(messages: readonly Message[], topics: readonly Topic[]): string {
  const contexts = [...new Set(messages.map((message) => message.context))];
  return [
    '# Event catalogue\n',
    'Generated from `schemas/avro` by `npm run codegen`. Do not edit.\n',
    '## Topics\n',
    topicTable(topics),
    ...contexts.map((context) => contextSection(context, messages)),
  ].join('\n');
}

function topicTable(topics: readonly Topic[]): string {
  const rows = topics.map(({ name, partitions, config }) => {
    const retention =
      config['retention.ms'] === '-1' ? 'for ever' : `${Number(config['retention.ms']) / 86_400_000} days`;
    return `| \`${name}\` | ${partitions} | ${retention} |`;
  });
  return `| topic | partitions | kept |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function contextSection(context: string, messages: readonly Message[]): string {
  const own = messages.filter((message) => message.context === context);
  return [`## ${context}\n`, ...own.map(messageSection)].join('\n');
}

function messageSection(message: Message): string {
  const rows = message.schema.fields.map(
    (field: AvroField) => `| \`${field.name}\` | ${avroText(field.type)} | ${cell(field.doc ?? '')} |`,
  );
  const stream = message.stream === '*' ? 'the stream the command was sent to' : `\`${message.stream}-<uuid>\``;
  return [
    `### ${message.name}\n`,
    `${message.schema.doc ?? ''} *${message.kind}, stream ${stream}, schema id ${message.id}*\n`,
    `| field | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`,
  ].join('\n');
}

function avroText(schema: AvroJson): string {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema)) return (schema as readonly AvroJson[]).map(avroText).join(' or ');
  const definition = schema as Record<string, unknown>;
  if (typeof definition.logicalType === 'string') return definition.logicalType;
  switch (definition.type) {
    case 'array':
      return `list of ${avroText(definition.items as AvroJson)}`;
    case 'map':
      return `map of ${avroText(definition.values as AvroJson)}`;
    case 'enum':
      return (definition.symbols as readonly string[]).map((symbol) => `\`${symbol}\``).join(', ');
    case 'record': {
      const fields = definition.fields as readonly AvroField[];
      return `${String(definition.name)} {${fields.map((field) => `${field.name}: ${avroText(field.type)}`).join('; ')}}`;
    }
    default:
      return avroText(definition.type as AvroJson);
  }
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
