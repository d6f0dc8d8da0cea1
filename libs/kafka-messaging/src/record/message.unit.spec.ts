import assert from 'node:assert';

import { Poison, type MessageCodec } from '@codex/event-sourcing';

import type { FetchedRecord } from '../driver/kafka-driver';
import { entityOf, readMessage } from './consumed-message';
import { Header, headerText, schemaIdOfUrn, schemaUrn } from './message-headers';
import { outgoingRecord, type PublishableMessage } from './outgoing-message';
import { splitSchemaPrefix, withSchemaPrefix } from './wire-format';

const codec: MessageCodec = {
  encode: () => ({ schemaId: 17, data: Buffer.from('body') }),
  decode: (schemaId, data) => {
    if (schemaId !== 17) throw new Poison('UNKNOWN_SCHEMA', 'no');
    if (data.length === 0) throw new RangeError('out of bounds');
    return { type: 'ItemOpened', data: { body: data.toString() } };
  },
};
const event: PublishableMessage = {
  kind: 'event',
  stream: 'Item-1',
  version: 3,
  tenantId: 'tenant',
  type: 'ItemOpened',
  schemaId: 17,
  data: Buffer.from('body'),
  metadata: {
    messageId: 'message',
    commandId: 'command',
    correlationId: 'correlation',
    causationId: 'cause',
    actor: 'Zoë',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  },
  recordedAt: '2026-01-02T03:04:05.678901Z',
};
const addressing = {
  topicOf: () => 'items.events.v1',
  source: 'items',
  schemaNameOf: () => 'codex.items.v1.ItemOpened',
};
const partition = { topic: 'items.events.v1', partition: 4 };
const reader = { codec, wants: () => true };

function fetched(message: PublishableMessage = event, overrides: Partial<FetchedRecord> = {}): FetchedRecord {
  const { key, value, headers } = outgoingRecord(message, addressing);
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  return { offset: 9, key: Buffer.from(key), value, headers: bytes, timestamp: 0, ...overrides };
}

function withHeader(name: string, value: string | Buffer | undefined): FetchedRecord {
  const record = fetched();
  return { ...record, headers: { ...record.headers, [name]: value } };
}

describe('a message on Kafka', () => {
  it('has the headers of the contract', () => {
    expect(outgoingRecord(event, addressing)).toEqual({
      topic: 'items.events.v1',
      key: 'Item-1',
      value: Buffer.from([0, 0, 0, 0, 17, ...Buffer.from('body')]),
      headers: {
        ce_specversion: '1.0',
        ce_id: 'message',
        ce_type: 'ItemOpened',
        ce_source: '/codex/items',
        ce_subject: 'Item-1',
        ce_time: '2026-01-02T03:04:05.678901Z',
        ce_dataschema: 'urn:codex:schema:17:codex.items.v1.ItemOpened',
        'content-type': 'application/avro',
        traceparent: event.metadata.traceparent,
        'correlation-id': 'correlation',
        'causation-id': 'cause',
        'tenant-id': 'tenant',
        actor: 'Zoë',
        'stream-version': '3',
        'codex-kind': 'event',
        'command-id': 'command',
      },
    });
  });

  it('has no version when it is a command or a reply, and no trace when there is none', () => {
    const { traceparent: _none, ...metadata } = event.metadata;
    const { headers } = outgoingRecord({ ...event, kind: 'command', version: null, metadata }, addressing);
    expect(headers).not.toHaveProperty('stream-version');
    expect(headers).not.toHaveProperty('traceparent');
  });

  it('comes back as it was sent', () => {
    const { metadata, data: raw, ...rest } = event;
    expect(readMessage(fetched(), partition, reader)).toEqual({
      failure: null,
      message: {
        ...rest,
        ...partition,
        offset: '9',
        key: 'Item-1',
        id: 'message',
        commandId: 'command',
        source: '/codex/items',
        raw,
        correlationId: 'correlation',
        causationId: 'cause',
        actor: 'Zoë',
        traceparent: metadata.traceparent,
        data: { body: 'body' },
      },
    });
  });

  it('is resolved by the lock id even when the prefix has a registry’s', () => {
    const { key, value, headers } = outgoingRecord(event, { ...addressing, wireSchemaId: () => 4_711 });
    expect(splitSchemaPrefix(value)!.schemaId).toBe(4_711);
    const record = { offset: 9, key: Buffer.from(key), value, headers, timestamp: 0 };
    expect(readMessage(record, partition, reader).message).toMatchObject({ schemaId: 17, data: { body: 'body' } });
  });

  it('is resolved by the prefix when nothing else names the schema', () => {
    const { message } = readMessage(withHeader(Header.dataSchema, undefined), partition, reader);
    expect(message).toMatchObject({ schemaId: 17, data: { body: 'body' } });
  });

  it('is not decoded when nobody wants its type', () => {
    const idle: MessageCodec = { ...codec, decode: () => assert.fail() };
    const { message, failure } = readMessage(fetched(event, { value: null }), partition, {
      codec: idle,
      wants: () => false,
    });
    expect(failure).toBeNull();
    expect(message).toMatchObject({ type: 'ItemOpened', version: 3, data: undefined });
  });

  it.each([Header.id, Header.type, Header.subject, Header.tenantId, Header.kind, Header.streamVersion, Header.time])(
    'is poison without %s',
    (name) => {
      const { message, failure } = readMessage(withHeader(name, undefined), partition, reader);
      expect(message).toBeNull();
      expect(failure).toMatchObject({
        kind: 'poison',
        code: 'MESSAGE_HEADERS_INVALID',
        message: expect.stringContaining(name),
      });
    },
  );

  it.each([
    [Header.streamVersion, '0'],
    [Header.streamVersion, '1.5'],
    [Header.streamVersion, 'x'],
    [Header.kind, 'rumour'],
    [Header.kind, 'constructor'],
    [Header.subject, 'Item-\0'],
    [Header.subject, 'x'.repeat(600)],
  ])('is poison with %s %j', (name, value) => {
    expect(readMessage(withHeader(name, value), partition, reader).failure).toMatchObject({
      code: 'MESSAGE_HEADERS_INVALID',
    });
  });

  it.each([
    ['no value', null, 'MESSAGE_BODY_INVALID'],
    ['a short value', Buffer.from([0, 0, 0]), 'MESSAGE_BODY_INVALID'],
    ['another format', Buffer.from('{"a":1}'), 'MESSAGE_BODY_INVALID'],
    ['a body that ends too early', Buffer.from([0, 0, 0, 0, 17]), 'MESSAGE_BODY_INVALID'],
  ])('keeps its envelope when it has %s', (_what, value, code) => {
    const { message, failure } = readMessage(fetched(event, { value }), partition, reader);
    expect(failure).toMatchObject({ kind: 'poison', code });
    expect(message).toMatchObject({ stream: 'Item-1', version: 3, id: 'message' });
  });

  it('is poison when the header names another type than the schema', () => {
    expect(readMessage(withHeader(Header.type, 'ItemClosed'), partition, reader).failure).toMatchObject({
      code: 'MESSAGE_BODY_INVALID',
    });
  });
});

describe('the name of an unreadable record’s entity', () => {
  const record = fetched();

  it('is its subject, else its key, else its place', () => {
    expect(entityOf(record, partition)).toBe('Item-1');
    expect(entityOf({ ...record, headers: {}, key: Buffer.from('Item-2') }, partition)).toBe('Item-2');
    expect(entityOf({ ...record, headers: {}, key: null }, partition)).toBe('items.events.v1/4@9');
  });

  it('can be stored: without zero bytes, and not too long', () => {
    expect(entityOf({ ...record, headers: {}, key: Buffer.from('\0Item\0') }, partition)).toBe('Item');
    expect(entityOf({ ...record, headers: {}, key: Buffer.from('\0') }, partition)).toBe('items.events.v1/4@9');
    expect(entityOf({ ...record, headers: {}, key: Buffer.alloc(9_000, 65) }, partition)).toHaveLength(512);
  });
});

describe('headers', () => {
  it('may be text, bytes, or repeated; the first counts', () => {
    const headers = { a: 'x', b: Buffer.from('ß'), c: [Buffer.from('1'), '2'], d: [] };
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => headerText(headers, name))).toEqual([
      'x',
      'ß',
      '1',
      undefined,
      undefined,
    ]);
  });

  it('name schemas by lock id', () => {
    expect(schemaIdOfUrn(schemaUrn(42, 'codex.a.v1.B'))).toBe(42);
    expect([undefined, '', 'urn:other:42', 'urn:codex:schema:x:y', 'urn:codex:schema:-1:y'].map(schemaIdOfUrn)).toEqual(
      Array.from({ length: 5 }, () => undefined),
    );
  });
});

describe('the wire format', () => {
  it('is a zero byte, the id, and the body', () => {
    const value = withSchemaPrefix(258, Buffer.from('abc'));
    expect([...value]).toEqual([0, 0, 0, 1, 2, 97, 98, 99]);
    expect(splitSchemaPrefix(value)).toEqual({ schemaId: 258, body: Buffer.from('abc') });
  });
});
