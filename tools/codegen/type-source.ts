import type { Message } from './message-catalogue';
import type { NestedTypes } from './nested-types';
import type { AvroField, AvroJson } from './schema-files';

const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
};

const LOGICAL: Readonly<Record<string, string>> = { 'timestamp-millis': 'string', json: 'JsonValue' };

/** An Avro schema as a TypeScript type, in the shape the codec takes and gives. */
export function typeSource(schema: AvroJson, message: Message, nested: NestedTypes): string {
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? nested.nameOf(message, simple(schema));
  if (Array.isArray(schema)) return unionSource(schema, message, nested);
  const definition = schema as Record<string, unknown>;
  const logical = definition.logicalType as string | undefined;
  if (logical !== undefined) {
    const type = LOGICAL[logical];
    if (type === undefined) throw new Error(`${message.file}: the logical type ${logical} is not supported`);
    return type;
  }
  switch (definition.type) {
    case 'array':
      return `readonly ${grouped(typeSource(definition.items as AvroJson, message, nested))}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeSource(definition.values as AvroJson, message, nested)}>>`;
    case 'enum':
    case 'record':
      return nested.nameOf(message, definition.name as string);
    case 'bytes':
    case 'fixed':
      throw new Error(`${message.file}: ${definition.type} is not supported, message data is JSON-like`);
    default:
      return typeSource(definition.type as AvroJson, message, nested);
  }
}

/** The members of a record, each with its documentation. */
export function membersSource(fields: readonly AvroField[], message: Message, nested: NestedTypes): string {
  return fields
    .map(
      (field) => `${docSource(field.doc, '  ')}  readonly ${field.name}: ${typeSource(field.type, message, nested)};\n`,
    )
    .join('');
}

/** A docstring with its line break, or nothing. */
export function docSource(doc: string | undefined, indent = ''): string {
  return doc === undefined ? '' : `${indent}/** ${doc.replaceAll('*/', '* /')} */\n`;
}

function unionSource(branches: readonly AvroJson[], message: Message, nested: NestedTypes): string {
  const types = branches.map((branch) => typeSource(branch, message, nested));
  const sorted = [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')];
  return sorted.map((type) => (type.startsWith('readonly ') ? `(${type})` : type)).join(' | ');
}

function grouped(type: string): string {
  return type.includes(' ') ? `(${type})` : type;
}

function simple(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
