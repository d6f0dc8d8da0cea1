import { Unavailable } from '@codex/event-sourcing';
import { eventually } from '@codex/testing';

import type { KafkaProducer, OutgoingRecord } from '../driver/kafka-driver';
import { Relay, type RelayOptions } from './relay';
import { chunksOf } from './relay-chunks';
import type { RelayCursor, RelayLock, RelayRow, RelaySource } from './relay-source';

const row = (position: number, bytes = 10): RelayRow => ({
  era: 1,
  xid: '7',
  position: String(position),
  kind: 'event',
  stream: `Item-${position}`,
  version: 1,
  tenantId: 't',
  type: 'Happened',
  schemaId: 1,
  data: Buffer.alloc(bytes),
  recordedAt: '2026-01-01T00:00:00.000000Z',
  metadata: { messageId: 'm', commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'a' },
});
const START: RelayCursor = { era: 0, xid: '0', position: '0' };

/** A log in memory that writes down which cursors were saved, and when in the order of things. */
class Log implements RelaySource {
  rows: RelayRow[] = [];
  saved: RelayCursor = START;
  reads = 0;
  failReads = 0;

  constructor(private readonly happened: string[]) {}

  async loadCursor(): Promise<RelayCursor> {
    return this.saved;
  }

  async saveCursor(cursor: RelayCursor): Promise<void> {
    this.saved = cursor;
    this.happened.push(`saved ${cursor.position}`);
  }

  async readAfter(cursor: RelayCursor, limit: number): Promise<readonly RelayRow[]> {
    this.reads++;
    if (this.failReads-- > 0) throw new Unavailable('postgres');
    return this.rows.filter(({ position }) => Number(position) > Number(cursor.position)).slice(0, limit);
  }

  async pending(cursor: RelayCursor): Promise<{ count: number; oldestAgeMs: number }> {
    const count = this.rows.filter(({ position }) => Number(position) > Number(cursor.position)).length;
    return { count, oldestAgeMs: count * 1_000 };
  }

  async blockers(): Promise<[]> {
    return [];
  }
}

class Producer implements KafkaProducer {
  readonly attempts: (readonly OutgoingRecord[])[] = [];
  readonly acknowledged: string[] = [];
  failures = 0;
  closed = false;
  outstanding = 0;
  mostOutstanding = 0;

  constructor(private readonly happened: string[]) {}

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    this.attempts.push(records);
    this.mostOutstanding = Math.max(this.mostOutstanding, ++this.outstanding);
    await new Promise((resolve) => setImmediate(resolve));
    this.outstanding--;
    if (this.failures-- > 0) throw new Unavailable('kafka');
    this.acknowledged.push(...records.map(({ key }) => key));
    this.happened.push(`acknowledged ${records.at(-1)!.key.slice(5)}`);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

describe('the relay', () => {
  let happened: string[];
  let log: Log;
  let producer: Producer;
  let lost: AbortController;
  let relay: Relay;
  let locks: number;

  beforeEach(() => {
    happened = [];
    locks = 0;
    log = new Log(happened);
    producer = new Producer(happened);
  });
  afterEach(() => relay.stop());

  function start(overrides: Partial<RelayOptions> = {}): Relay {
    const acquireLock = async (): Promise<RelayLock> => {
      locks++;
      lost = new AbortController();
      return { lost: lost.signal, release: async () => void happened.push('released') };
    };
    const addressing = { topicOf: () => 't', source: 's', schemaNameOf: () => 'n' };
    relay = new Relay({ source: log, acquireLock, producer, addressing, batchRows: 10, ...overrides });
    relay.start();
    return relay;
  }
  const keys = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, i) => `Item-${from + i}`);
  const published = (count: number): Promise<unknown> => eventually(() => producer.acknowledged.length >= count);
  const fill = (from: number, to: number): void => {
    for (let position = from; position <= to; position++) log.rows.push(row(position));
  };

  it('publishes everything once, in order, one batch at a time', async () => {
    fill(1, 95);
    start();
    await published(95);
    expect(producer.acknowledged).toEqual(keys(1, 95));
    expect(producer.mostOutstanding).toBe(1);
    await eventually(() => log.saved.position === '95');
  });

  it('saves a cursor only after its acknowledgement', async () => {
    fill(1, 45);
    start();
    await eventually(() => log.saved.position === '45');
    for (const [at, entry] of happened.entries()) {
      const [what, position] = entry.split(' ');
      if (what === 'saved') expect(happened.indexOf(`acknowledged ${position}`)).toBeLessThan(at);
    }
    for (const entry of happened.filter((each) => each.startsWith('saved'))) {
      expect(happened).toContain(entry.replace('saved', 'acknowledged'));
    }
  });

  it('sends a failed batch again, the same one, and nothing else meanwhile', async () => {
    fill(1, 25);
    producer.failures = 3;
    start();
    await published(25);
    const [first, ...repeats] = producer.attempts.slice(0, 4);
    for (const repeat of repeats) expect(repeat).toBe(first);
    expect(producer.acknowledged).toEqual(keys(1, 25));
    expect(relay.health().lastError).toBeNull();
  });

  it('says what fails while it fails', async () => {
    fill(1, 1);
    producer.failures = 1_000;
    start();
    await eventually(() => relay.health().lastError !== null);
    expect(relay.health()).toMatchObject({
      state: 'leader',
      leader: true,
      lastError: expect.stringContaining('kafka'),
    });
    expect(await relay.status()).toMatchObject({ pending: 1, lagMs: 1_000 });
    producer.failures = 0;
    await published(1);
  });

  it('looks at once when it is poked, and now and then when it is not', async () => {
    start();
    await eventually(() => log.reads > 5);
    fill(1, 1);
    relay.poke();
    await eventually(() => producer.acknowledged.length === 1, { timeoutMs: 200 });
    fill(2, 2);
    await published(2);
  });

  it('starts over after a failed read, from the saved cursor', async () => {
    fill(1, 5);
    start();
    await eventually(() => log.saved.position === '5');
    log.failReads = 2;
    await eventually(() => locks > 1);
    fill(6, 8);
    relay.poke();
    await published(8);
    expect(producer.acknowledged).toEqual(keys(1, 8));
  });

  it('stops producing when it loses the lock, and goes on when it has it again', async () => {
    fill(1, 5);
    producer.failures = 1_000;
    start();
    await eventually(() => producer.attempts.length > 0);
    lost.abort();
    await eventually(() => locks === 2);
    expect(happened).toEqual(['released']);
    producer.failures = 0;
    await published(5);
    expect(producer.acknowledged).toEqual(keys(1, 5));
  });

  it('publishes what is waiting before it stops', async () => {
    start();
    await eventually(() => relay.health().leader);
    fill(1, 35);
    await relay.stop();
    expect(producer.acknowledged).toEqual(keys(1, 35));
    expect(log.saved.position).toBe('35');
    expect(happened.at(-1)).toBe('released');
    expect([producer.closed, relay.health().state]).toEqual([true, 'stopped']);
  });

  it('does not wait for ever for a Kafka that is away when it stops', async () => {
    fill(1, 5);
    producer.failures = 1_000;
    start({ flushTimeoutMs: 100 });
    await eventually(() => producer.attempts.length > 0);
    await relay.stop();
    expect(producer.acknowledged).toEqual([]);
    expect(log.saved).toEqual(START);
    producer.failures = 0;
  });

  it('stops while it waits for the lock', async () => {
    start({
      acquireLock: (signal) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))),
    });
    expect(relay.health().state).toBe('standby');
    await relay.stop();
    expect(relay.health()).toMatchObject({ state: 'stopped', lastError: null });
  });
});

describe('cutting rows into batches', () => {
  it('keeps the order and the limit, and never leaves a row out', () => {
    const rows = [row(1, 10), row(2, 90_000), row(3, 90_000), row(4, 500_000), row(5, 1)];
    const chunks = chunksOf(rows, 200_000);
    expect(chunks.flat()).toEqual(rows);
    expect(chunks.map((chunk) => chunk.map(({ position }) => position))).toEqual([['1', '2', '3'], ['4'], ['5']]);
    expect(chunksOf([], 1)).toEqual([]);
  });
});
