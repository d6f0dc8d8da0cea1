const LARGEST_CACHE = 256;
const known = new Map<number, { readonly bytes: Uint8Array; readonly name: string }>();

/**
 * The text of the `length` bytes at `start`. The same few names come with every record: finding one again is cheaper than
 * making a string.
 */
export function headerName(bytes: Buffer, start: number, length: number): string {
  const slot = (length << 16) | (bytes[start]! << 8) | bytes[start + length - 1]!;
  const found = known.get(slot);
  if (found?.bytes.length === length && isAt(found.bytes, bytes, start)) return found.name;
  const own = Buffer.from(bytes.subarray(start, start + length));
  const name = own.toString();
  if (known.size < LARGEST_CACHE) known.set(slot, { bytes: own, name });
  return name;
}

function isAt(expected: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < expected.length; i++) if (expected[i] !== bytes[start + i]) return false;
  return true;
}
