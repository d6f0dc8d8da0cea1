import type { AvroField, AvroJson } from './schema-files';

interface Definition {
  readonly type: AvroJson;
  readonly logicalType?: string;
  readonly name?: string;
  readonly symbols?: readonly string[];
  readonly items?: AvroJson;
  readonly values?: AvroJson;
  readonly fields?: readonly AvroField[];
}

const FIRST_INSTANT = Date.parse('2026-01-01T00:00:00.000Z');
const DAY_MS = 86_400_000;

/**
 * The `no`-th sample of a schema, always the same one. 0 has everything (optional values, two elements a list), 1 has
 * nothing that may be absent, later ones are like 0 with the next symbol of each enum. A field name means the same id in
 * every message, so that samples of one stream belong together.
 */
export function sampleOf(schema: AvroJson, no: number): unknown {
  return valueOf(schema, { no, field: 'value', named: new Map() });
}

/** Enough samples to see every symbol of every enum of the schema, and both of the extremes. */
export function sampleCount(schema: AvroJson): number {
  return Math.max(2, longestEnum(schema) + 1);
}

interface Place {
  readonly no: number;
  /** Of the field that is filled. */
  readonly field: string;
  readonly named: Map<string, Definition>;
}

function valueOf(schema: AvroJson, place: Place): unknown {
  if (Array.isArray(schema)) return unionValue(schema as readonly AvroJson[], place);
  if (typeof schema === 'string') {
    const named = place.named.get(schema);
    return named === undefined ? plainValue(schema, place) : definedValue(named, place);
  }
  return definedValue(schema as unknown as Definition, place);
}

function unionValue(branches: readonly AvroJson[], place: Place): unknown {
  const values = branches.filter((branch) => branch !== 'null');
  const isBare = place.no === 1 && values.length < branches.length;
  return isBare ? null : valueOf(values[place.no % values.length]!, place);
}

function definedValue(definition: Definition, place: Place): unknown {
  const { type, logicalType, name, symbols, items, values, fields } = definition;
  if (name !== undefined) place.named.set(name, definition);
  if (logicalType === 'timestamp-millis') return instant(place.no);
  if (logicalType === 'json') return place.no === 1 ? null : { text: 'Zoë', list: [1, null, true] };
  const count = place.no === 1 ? 0 : 2;
  switch (type) {
    case 'enum':
      return symbols![(place.no === 1 ? symbols!.length - 1 : Math.max(0, place.no - 1)) % symbols!.length];
    case 'array':
      return Array.from({ length: count }, () => valueOf(items!, place));
    case 'map':
      return Object.fromEntries(Array.from({ length: count }, (_, key) => [`key${key}`, valueOf(values!, place)]));
    case 'record':
      return Object.fromEntries(
        fields!.map((field) => [field.name, valueOf(field.type, { ...place, field: field.name })]),
      );
    default:
      return valueOf(type, place);
  }
}

function plainValue(type: string, { no, field }: Place): unknown {
  const isBare = no === 1;
  switch (type) {
    case 'string':
      return textOf(field, no);
    case 'int':
    case 'long':
      return isBare ? 1 : 7 + no;
    case 'double':
      return isBare ? 0 : 1.5;
    case 'boolean':
      return !isBare;
    default:
      throw new Error(`no sample of the Avro type ${type}`);
  }
}

function textOf(field: string, no: number): string {
  if (/Ids?$|^id$/.test(field)) return uuidOf(field.replace(/s$/, ''));
  if (/(At|Until|Before)$/.test(field)) return instant(no);
  return no === 1 ? 'x' : `${field} Zoë ${no}`;
}

function instant(no: number): string {
  return new Date(FIRST_INSTANT + no * DAY_MS).toISOString();
}

/** Version 7 by its looks, from the name alone. */
function uuidOf(name: string): string {
  const hex = Buffer.from(name).toString('hex').padEnd(24, '0').slice(-24);
  return `00000000-${hex.slice(0, 4)}-7${hex.slice(5, 8)}-8${hex.slice(9, 12)}-${hex.slice(12)}`;
}

function longestEnum(schema: AvroJson): number {
  if (typeof schema === 'string') return 0;
  if (Array.isArray(schema)) return Math.max(0, ...(schema as AvroJson[]).map(longestEnum));
  const { type, symbols, items, values, fields } = schema as unknown as Definition;
  if (symbols !== undefined) return symbols.length;
  const inner = [type, items, values, ...(fields ?? []).map((field) => field.type)].filter((one) => one !== undefined);
  return Math.max(0, ...inner.map(longestEnum));
}
