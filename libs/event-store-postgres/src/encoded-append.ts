import {
  MAX_BODY_BYTES,
  PayloadTooLarge,
  type AppendRequest,
  type MessageCodec,
  type MessageMetadata,
} from '@codex/event-sourcing';

/** One row on its way into the event table. */
export interface EncodedRow {
  readonly kind: 'event' | 'command' | 'reply';
  readonly stream: string;
  readonly version: number | null;
  readonly tenantId: string;
  readonly type: string;
  readonly schemaId: number;
  readonly data: Buffer;
  readonly metadata: string;
}

/** An append ready to be sent. `claims` are the streams and keys that no other append of a batch may touch. */
export interface EncodedAppend {
  readonly request: AppendRequest;
  readonly rows: readonly EncodedRow[];
  readonly claims: readonly string[];
  readonly bytes: number;
}

/** Encodes every body. Throws `PayloadTooLarge` before anything is stored, and whatever the codec throws. */
export function encodeAppend(codec: MessageCodec, request: AppendRequest): EncodedAppend {
  const rows: EncodedRow[] = [];
  const claims: string[] = [];
  for (const { stream, tenantId, expectedVersion, events } of request.streams) {
    if (events.length > 0) claims.push(`s ${stream}`);
    events.forEach((event, index) => {
      const place = { kind: 'event', stream, version: expectedVersion + index + 1, tenantId } as const;
      rows.push({ ...place, ...encodeBody(codec, event) });
    });
  }
  for (const message of request.messages ?? []) {
    const { kind, stream, tenantId } = message;
    rows.push({ kind, stream, version: null, tenantId, ...encodeBody(codec, message) });
  }
  for (const { tenantId, key } of request.idempotency ?? []) claims.push(`k ${tenantId} ${key}`);
  if (new Set(claims).size < claims.length) throw new Error('an append names a stream or an idempotency key twice');
  return { request, rows, claims, bytes: rows.reduce((sum, row) => sum + row.data.length, 0) };
}

interface Body {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: MessageMetadata;
}

function encodeBody(
  codec: MessageCodec,
  { type, data, metadata }: Body,
): Pick<EncodedRow, 'type' | 'schemaId' | 'data' | 'metadata'> {
  const encoded = codec.encode(type, data);
  if (encoded.data.length > MAX_BODY_BYTES) throw new PayloadTooLarge(type, encoded.data.length, MAX_BODY_BYTES);
  return { type, schemaId: encoded.schemaId, data: encoded.data, metadata: JSON.stringify(metadata) };
}
