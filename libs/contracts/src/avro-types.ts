import { Type, types } from 'avsc';

/** What a record of avsc reads from; only the part used here. */
interface Tap {
  readonly buf: Buffer;
  readonly pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
}

interface Reader {
  _read(tap: Tap): unknown;
}

/** `["null", X]`: the value decides by being null, so that X may be of a logical type, which avsc finds ambiguous. */
class NullableType extends types.UnwrappedUnionType {
  _getIndex(value: unknown): number | undefined {
    if (value === undefined) return undefined;
    const isNull = this.types[0]!.typeName === 'null' ? 0 : 1;
    return value === null ? isNull : 1 - isNull;
  }
}

/** avsc believes the length a block claims to have; here a corrupt one ends in an error instead of in all memory. */
class BoundedArrayType extends types.ArrayType {
  _read(tap: Tap): unknown[] {
    const items = this.itemsType as unknown as Reader;
    const values: unknown[] = [];
    for (let count = blockCount(tap); count !== 0; count = blockCount(tap))
      while (count-- > 0) values.push(items._read(tap));
    return values;
  }
}

/** The same for maps; a key named `__proto__` stays an ordinary key. */
class BoundedMapType extends types.MapType {
  _read(tap: Tap): Record<string, unknown> {
    const valuesType = this.valuesType as Reader;
    const entries: Record<string, unknown> = {};
    for (let count = blockCount(tap); count !== 0; count = blockCount(tap))
      while (count-- > 0) {
        const key = tap.readString();
        const value = valuesType._read(tap);
        if (key === '__proto__') Object.defineProperty(entries, key, { value, enumerable: true, writable: true });
        else entries[key] = value;
      }
    return entries;
  }
}

function blockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong();
  }
  if (count > tap.buf.length - tap.pos && count !== 0) throw new Error('a block is longer than the message');
  return count;
}

/** Milliseconds since 1970 as RFC 3339 in UTC with milliseconds; no other spelling, so that reading gives what was written. */
class TimestampMillisType extends types.LogicalType {
  protected override _fromValue(millis: number): string {
    return new Date(millis).toISOString();
  }

  protected override _toValue(text: unknown): number | undefined {
    if (typeof text !== 'string' || text.length !== 24 || !text.endsWith('Z')) return undefined;
    const millis = Date.parse(text);
    return Number.isNaN(millis) ? undefined : millis;
  }

  protected override _resolve(writer: Type): ((value: never) => unknown) | undefined {
    return sameLogicalType(this, writer);
  }
}

/** Any JSON value as its text. */
class JsonType extends types.LogicalType {
  protected override _fromValue(text: string): unknown {
    return JSON.parse(text);
  }

  protected override _toValue(value: unknown): string | undefined {
    return JSON.stringify(value);
  }

  protected override _resolve(writer: Type): ((value: never) => unknown) | undefined {
    return sameLogicalType(this, writer);
  }
}

/** A field that gets or loses a logical type means something else: such a change is not compatible. */
function sameLogicalType(reader: Type, writer: Type): ((value: never) => unknown) | undefined {
  return reader.typeName === writer.typeName ? (value: unknown) => value : undefined;
}

const logicalTypes = { 'timestamp-millis': TimestampMillisType, json: JsonType };

/**
 * Compiles a schema to the type the codec works with: records are plain objects, logical types are those of the
 * catalogue. Throws an Error for a schema that is not valid Avro.
 */
export function compileSchema(schema: unknown): Type {
  const type = Type.forSchema(schema as never, {
    logicalTypes,
    omitRecordMethods: true,
    assertLogicalTypes: true,
    typeHook,
  });
  makePlain(type, new Set());
  return type;
}

function typeHook(schema: unknown, options: unknown): Type | undefined {
  if (Array.isArray(schema))
    return schema.length === 2 && schema.includes('null') ? new NullableType(schema as never, options) : undefined;
  if (schema === null || typeof schema !== 'object' || 'logicalType' in schema) return undefined;
  const { type } = schema as { type?: unknown };
  if (type === 'array') return new BoundedArrayType(schema as never, options);
  return type === 'map' ? new BoundedMapType(schema as never, options) : undefined;
}

/** Decoded records are made by a constructor of avsc; with the plain prototype nobody can tell. */
function makePlain(type: Type, seen: Set<Type>): void {
  if (seen.has(type)) return;
  seen.add(type);
  if (type instanceof types.RecordType) {
    (type.recordConstructor as { prototype: object }).prototype = Object.prototype;
    for (const field of type.fields) makePlain(field.type, seen);
  } else if (type instanceof types.UnwrappedUnionType) for (const branch of type.types) makePlain(branch, seen);
  else if (type instanceof types.ArrayType) makePlain(type.itemsType, seen);
  else if (type instanceof types.MapType) makePlain(type.valuesType as Type, seen);
}
