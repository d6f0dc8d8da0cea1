import type { RelayRow } from './relay-source';

/** Headers, key, and the record's own framing, roughly. Ids and names in headers are short and bounded. */
const RECORD_OVERHEAD_BYTES = 1_024;

/**
 * Cuts rows into batches, in order, none above `maxBytes` unless a single row is. A producer request holds one record
 * batch a partition and Kafka refuses one above 1 MiB; cutting by the sum needs no knowledge of partitions.
 */
export function chunksOf(rows: readonly RelayRow[], maxBytes: number): readonly (readonly RelayRow[])[] {
  const chunks: RelayRow[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const size = row.data.length + RECORD_OVERHEAD_BYTES;
    if (bytes + size > maxBytes) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(row);
    bytes += size;
  }
  return chunks;
}
