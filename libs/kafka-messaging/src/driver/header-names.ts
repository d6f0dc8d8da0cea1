/** A name that headers have, and the text that came with it last; empty at first. */
export interface KnownHeader {
  readonly bytes: Uint8Array;
  readonly name: string;
  lastText: string;
}

const LARGEST_CACHE = 256;
const known = new Map<number, KnownHeader>();

/**
 * The header whose name is the `length` bytes at `start`. The same few names come with every record: finding one again
 * is cheaper than making a string. `guess` is the one it probably is.
 */
export function knownHeader(bytes: Buffer, start: number, length: number, guess?: KnownHeader): KnownHeader {
  if (guess !== undefined && isAt(guess.bytes, bytes, start, length)) return guess;
  const slot = (length << 16) | (bytes[start]! << 8) | bytes[start + length - 1]!;
  const found = known.get(slot);
  if (found !== undefined && isAt(found.bytes, bytes, start, length)) return found;
  const own = Buffer.from(bytes.subarray(start, start + length));
  const header: KnownHeader = { bytes: own, name: own.toString(), lastText: '' };
  if (known.size < LARGEST_CACHE) known.set(slot, header);
  return header;
}

function isAt(expected: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (expected.length !== length) return false;
  for (let i = 0; i < length; i++) if (expected[i] !== bytes[start + i]) return false;
  return true;
}
