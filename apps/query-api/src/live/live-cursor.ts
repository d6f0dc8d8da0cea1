import type { LogPositions } from '@codex/kafka-messaging';
import { validationFailed } from '@codex/platform';

/** What a cursor says: the next offset of every partition, and of which log. */
export interface LiveCursor {
  readonly fingerprint: Buffer;
  readonly positions: LogPositions;
}

const VERSION = 1;
const FINGERPRINT_BYTES = 6;
const HEADER_BYTES = 1 + FINGERPRINT_BYTES;
const MOST_POSITIONS = 1_000;
const VARINT_BYTES = 8;

/**
 * Cursors are opaque to clients: base64url of a version, the log's fingerprint, and one varint a partition, about two
 * bytes each while there are less than 16,384 events in it.
 */
export function encodeLiveCursor({ fingerprint, positions }: LiveCursor): string {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + positions.length * VARINT_BYTES);
  bytes[0] = VERSION;
  fingerprint.copy(bytes, 1);
  let end = HEADER_BYTES;
  for (const position of positions) end = writeVarint(bytes, end, position);
  return bytes.toString('base64url', 0, end);
}

/** Throws VALIDATION_FAILED for everything that {@link encodeLiveCursor} did not make. */
export function decodeLiveCursor(text: string): LiveCursor {
  const bytes = Buffer.from(text, 'base64url');
  const isOurs = bytes[0] === VERSION && bytes.length >= HEADER_BYTES && bytes.toString('base64url') === text;
  const positions = isOurs ? readVarints(bytes, HEADER_BYTES) : null;
  if (positions === null) throw validationFailed({ path: 'after', message: 'is not a cursor of this stream' });
  return { fingerprint: bytes.subarray(1, HEADER_BYTES), positions };
}

function writeVarint(bytes: Buffer, from: number, value: number): number {
  let at = from;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}

/** Null when the bytes are no whole numbers, or more than any log has partitions. */
function readVarints(bytes: Buffer, from: number): number[] | null {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    scale *= 0x80;
    if (!Number.isSafeInteger(value)) return null;
    if (byte >= 0x80) continue;
    values.push(value);
    value = 0;
    scale = 1;
  }
  return scale === 1 && values.length <= MOST_POSITIONS ? values : null;
}
