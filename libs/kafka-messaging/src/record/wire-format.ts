const MAGIC = 0;
const PREFIX_BYTES = 5;

/** Confluent's wire format: a zero byte, the schema id, the Avro body. */
export function withSchemaPrefix(schemaId: number, body: Buffer): Buffer {
  const value = Buffer.allocUnsafe(PREFIX_BYTES + body.length);
  value.writeUInt8(MAGIC, 0);
  value.writeInt32BE(schemaId, 1);
  body.copy(value, PREFIX_BYTES);
  return value;
}

/** Takes the prefix off; null when the value is not in the wire format. The body shares the value's memory. */
export function splitSchemaPrefix(value: Buffer | null): { readonly schemaId: number; readonly body: Buffer } | null {
  if (value === null || value.length < PREFIX_BYTES || value[0] !== MAGIC) return null;
  return { schemaId: value.readInt32BE(1), body: value.subarray(PREFIX_BYTES) };
}
