import { Poison, type MessageCodec } from '@codex/event-sourcing';

import type { FetchedRecord } from '../driver/kafka-driver';
import { Header } from '../record/message-headers';
import { batchItem, isPassedOver } from './batch-item';
import { planBatch } from './batch-plan';

const decoded: number[] = [];
const codec: MessageCodec = {
  encode: () => ({ schemaId: 1, data: Buffer.alloc(0) }),
  decode: (schemaId) => {
    decoded.push(schemaId);
    return { type: 'Happened', data: {} };
  },
};
const reader = { codec, wants: () => true, categories: ['Order', 'Parcel'] };
const partition = { topic: 't', partition: 0, log: 0 };
const rules = { guard: true, wants: () => true };

function record(stream: string | undefined, overrides: Partial<FetchedRecord> = {}): FetchedRecord {
  const headers = {
    ...(stream === undefined ? {} : { [Header.subject]: stream }),
    ...{ [Header.id]: 'id', [Header.type]: 'Happened', [Header.kind]: 'event', [Header.streamVersion]: '1' },
    ...{ [Header.tenantId]: 't', [Header.actor]: 'a', [Header.correlationId]: 'c', [Header.causationId]: 'c' },
    [Header.time]: '2026-01-01T00:00:00Z',
  };
  const key = stream === undefined ? null : Buffer.from(stream);
  return { offset: 7, key, value: Buffer.of(0, 0, 0, 0, 1), headers, timestamp: 0, ...overrides };
}

const plan = (...records: FetchedRecord[]) =>
  planBatch(
    records.map((each) => batchItem(each, partition, reader)),
    { guards: new Map(), parked: new Set() },
    { rules },
  );

describe('a consumer of one category', () => {
  beforeEach(() => decoded.splice(0));

  it('delivers events of its category and guards them', () => {
    const { deliver, guards } = plan(record('Order-1'));
    expect(deliver.map(({ stream }) => stream)).toEqual(['Order-1']);
    expect([...guards.keys()]).toEqual(['Order-1']);
  });

  it('takes more than one category', () => {
    expect(plan(record('Parcel-1'), record('Order-1')).deliver.map(({ stream }) => stream)).toEqual([
      'Parcel-1',
      'Order-1',
    ]);
  });

  it.each(['Invoice-1', 'OrderLine-1', 'order-1'])('passes over %s: undecoded, unguarded, unparked', (stream) => {
    const { deliver, guards, park, queue } = plan(record(stream));
    expect({ deliver, guards: guards.size, park, queue, decoded }).toEqual({
      ...{ deliver: [], guards: 0, park: [], queue: [], decoded: [] },
    });
  });

  it('passes over broken records of other categories and parks those of its own', () => {
    const broken = { value: null };
    expect(plan(record('Invoice-1', broken)).park).toEqual([]);
    expect(plan(record('Order-1', broken)).park.map(({ failure }) => failure)).toEqual([expect.any(Poison)]);
  });

  it('parks what could be its own because nothing names its stream', () => {
    expect(plan(record(undefined)).park).toHaveLength(1);
  });

  it('takes the header for the name when there is no key', () => {
    const key = null;
    expect(isPassedOver(batchItem(record('Invoice-1', { key }), partition, reader))).toBe(true);
    expect(plan(record('Order-1', { key })).deliver).toHaveLength(1);
  });

  it('reads no headers of what it passes over', () => {
    const hidden = Object.defineProperty(record('Invoice-1'), 'headers', {
      get: () => {
        throw new Error('headers were read');
      },
    });
    expect(isPassedOver(batchItem(hidden, partition, reader))).toBe(true);
  });
});
