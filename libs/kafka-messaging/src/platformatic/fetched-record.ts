import type { FetchedRecord, RecordHeaders } from '../driver/kafka-driver';

export type HeaderEntries = readonly (readonly [Buffer | null, Buffer | null])[];

export interface RecordParts {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: HeaderEntries;
}

const LARGEST_NAME_CACHE = 256;
const knownNames = new Map<number, { readonly bytes: Buffer; readonly name: string }>();

/** Leaves the headers alone until somebody asks for them. */
export class PlatformaticRecord implements FetchedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #entries: HeaderEntries;
  #headers: RecordHeaders | undefined;

  constructor({ offset, timestamp, key, value, headers }: RecordParts) {
    this.offset = offset;
    this.timestamp = timestamp;
    this.key = key;
    this.value = value;
    this.#entries = headers;
  }

  get headers(): RecordHeaders {
    return (this.#headers ??= headersOf(this.#entries));
  }
}

function headersOf(entries: HeaderEntries): RecordHeaders {
  const headers: Record<string, Buffer | Buffer[] | undefined> = {};
  for (const [key, value] of entries) {
    const name = key === null ? '' : nameOf(key);
    // Anybody may name a header `constructor` or `__proto__`.
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    const bytes = value ?? undefined;
    const now = before === undefined || bytes === undefined ? (before ?? bytes) : [before, bytes].flat();
    if (name === '__proto__')
      Object.defineProperty(headers, name, { value: now, enumerable: true, configurable: true });
    else headers[name] = now;
  }
  return headers;
}

// The same few names come with every record: finding one again is cheaper than making a string.
function nameOf(bytes: Buffer): string {
  const slot = (bytes.length << 16) | (bytes[0]! << 8) | bytes[bytes.length - 1]!;
  const known = knownNames.get(slot);
  if (known !== undefined && known.bytes.equals(bytes)) return known.name;
  const name = bytes.toString();
  if (knownNames.size < LARGEST_NAME_CACHE) knownNames.set(slot, { bytes: Buffer.from(bytes), name });
  return name;
}
