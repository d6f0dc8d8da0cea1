import { compileSchema } from '@codex/contracts';
import type { AvroField, AvroJson, SchemaFile } from '../codegen/schema-files';

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'double', 'string']);
const LOGICAL_TYPES: Readonly<Record<string, string>> = { 'timestamp-millis': 'long', json: 'string' };
const KINDS = new Set(['event', 'command', 'reply']);

/** What is wrong with a current schema file, one sentence a fault; empty when it keeps all rules. */
export function lintSchema({ context, name, file, schema }: SchemaFile): string[] {
  const faults: string[] = [];
  const report = (fault: string) => faults.push(`${file}: ${fault}`);
  const namespace = `codex.${context.replaceAll('-', '_')}.v1`;
  if (schema.type !== 'record') report('must be a record');
  if (schema.name !== name) report(`the record is named ${schema.name}, the file ${name}`);
  if (schema.namespace !== namespace) report(`the namespace must be ${namespace}`);
  if (!KINDS.has(schema.codexKind)) report('codexKind must be event, command or reply');
  if (!/^([A-Z][A-Za-z0-9]*|\*)$/.test(schema.codexStream ?? ''))
    report('codexStream must be a category in PascalCase');
  new Walk(report).record(schema, name);
  if (faults.length === 0) compile(schema, report);
  return faults;
}

class Walk {
  private readonly defined = new Set<string>();

  constructor(private readonly report: (fault: string) => void) {}

  record(record: { readonly doc?: unknown; readonly fields?: readonly AvroField[] }, path: string): void {
    this.documented(record.doc, path);
    if (!Array.isArray(record.fields) || record.fields.length === 0) return this.report(`${path} has no fields`);
    for (const field of record.fields) this.field(field, `${path}.${field.name}`);
  }

  private field(field: AvroField, path: string): void {
    this.documented(field.doc, path);
    if (!/^[a-z][A-Za-z0-9]*$/.test(field.name)) this.report(`${path} is not camelCase`);
    if (Array.isArray(field.type) && field.default !== null) this.report(`${path} can be null but has no default null`);
    this.type(field.type, path);
  }

  private type(type: AvroJson, path: string): void {
    if (typeof type === 'string') return this.reference(type, path);
    if (Array.isArray(type)) return this.union(type as readonly AvroJson[], path);
    const definition = type as Readonly<Record<string, AvroJson>>;
    if (definition.logicalType !== undefined) return this.logicalType(definition, path);
    switch (definition.type) {
      case 'array':
        return this.type(definition.items!, path);
      case 'map':
        return this.type(definition.values!, path);
      case 'enum':
      case 'record':
        return this.named(definition, path);
      default:
        return this.reference(String(definition.type), path);
    }
  }

  private union(branches: readonly AvroJson[], path: string): void {
    if (branches.length !== 2 || branches[0] !== 'null') this.report(`${path}: the only union is ["null", type]`);
    for (const branch of branches) this.type(branch, path);
  }

  private logicalType({ logicalType, type }: Readonly<Record<string, AvroJson>>, path: string): void {
    const base = LOGICAL_TYPES[String(logicalType)];
    if (base === undefined) this.report(`${path}: the logical type ${String(logicalType)} is unknown`);
    else if (type !== base) this.report(`${path}: ${String(logicalType)} belongs on ${base}`);
  }

  private named(definition: Readonly<Record<string, AvroJson>>, path: string): void {
    const name = String(definition.name);
    if (definition.namespace !== undefined) this.report(`${path}: ${name} must not name a namespace of its own`);
    this.defined.add(name);
    if (definition.type === 'enum') this.documented(definition.doc, name);
    else this.record(definition as never, name);
  }

  private reference(name: string, path: string): void {
    if (!PRIMITIVES.has(name) && !this.defined.has(name))
      this.report(`${path}: ${name} is no type of message data, nor defined before in the file`);
  }

  private documented(doc: unknown, path: string): void {
    if (typeof doc !== 'string' || doc.trim() === '') this.report(`${path} has no doc`);
  }
}

function compile(schema: unknown, report: (fault: string) => void): void {
  try {
    compileSchema(schema);
  } catch (error) {
    report(`is not valid Avro: ${(error as Error).message}`);
  }
}
