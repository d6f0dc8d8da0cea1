import { knownHeader } from '../driver/header-names';
import type { FetchedRecord, RecordHeaders } from '../driver/kafka-driver';

export type HeaderEntries = readonly (readonly [Buffer | null, Buffer | null])[];

export interface RecordParts {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: HeaderEntries;
}

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
    const name = key === null ? '' : knownHeader(key, 0, key.length).name;
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
