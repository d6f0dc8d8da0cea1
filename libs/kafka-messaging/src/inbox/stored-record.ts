import type { FetchedRecord, RecordHeaders } from '../driver/kafka-driver';

/** Headers as they are kept in jsonb, byte for byte: base64, because nothing promises that they are text. */
export type StoredHeaders = Readonly<Record<string, readonly string[]>>;

export interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly log: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: StoredHeaders;
}

export function storedHeaders(headers: RecordHeaders): StoredHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.replaceAll('\0', ''),
      [value ?? []].flat().map((each) => base64(each)),
    ]),
  );
}

export function fetchedRecord(stored: StoredRecord): FetchedRecord {
  const headers = Object.entries(stored.headers).map(([name, values]): [string, Buffer | Buffer[]] => {
    const buffers = values.map((value) => Buffer.from(value, 'base64'));
    return [name, buffers.length === 1 ? buffers[0]! : buffers];
  });
  return {
    offset: Number(stored.offset),
    key: stored.key,
    value: stored.value,
    headers: Object.fromEntries(headers),
    timestamp: 0,
  };
}

function base64(value: Buffer | string): string {
  return Buffer.from(value as Buffer).toString('base64');
}
