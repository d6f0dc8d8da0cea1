import { randomUUID } from 'node:crypto';

import { PayloadTooLarge, VersionConflict } from '../errors';
import {
  MAX_BODY_BYTES,
  NO_STREAM,
  type AppendRequest,
  type EventStore,
  type IdempotencyRecord,
  type StreamAppend,
} from '../event-store';
import { streamId, type StreamId } from '../message';
import { aNewEvent, aReply, TEST_TENANT } from './messages';

/** A store under test; called before each suite. `close` ends what `open` began. */
export interface StoreUnderTest {
  open(): Promise<EventStore>;
  close(): Promise<void>;
}

/** What every event store must hold, whatever it is made of. Streams and keys are new in each test, so a store may be shared. */
export function eventStoreContract(name: string, underTest: StoreUnderTest): void {
  describe(`${name} as an event store`, () => {
    const context = {} as Context;
    beforeAll(async () => {
      context.store = await underTest.open();
    });
    afterAll(() => underTest.close());

    describe('reading', () => readingContract(context));
    describe('expected versions', () => versionContract(context));
    describe('atomicity', () => atomicityContract(context));
    describe('idempotency', () => idempotencyContract(context));
    describe('concurrency', () => concurrencyContract(context));
  });
}

interface Context {
  store: EventStore;
}

function readingContract(context: Context): void {
  it('gives back what was appended: order, versions, tenant, metadata, time', async () => {
    const stream = aStream();
    const events = [
      aNewEvent('Opened', { text: 'ä "q" \\ {},' }),
      aNewEvent('Closed', { nested: [1, null, { a: true }] }),
    ];
    await context.store.append(requestOf([appendTo(stream, 0, events)]));
    const read = await context.store.read(stream);
    expect(read).toEqual(
      events.map((event, index) => ({
        ...event,
        stream,
        version: index + 1,
        tenantId: TEST_TENANT,
        recordedAt: expect.any(String),
      })),
    );
    for (const { recordedAt } of read) expect(new Date(recordedAt).toISOString()).toBe(recordedAt);
  });

  it('reads behind a version, and nothing behind the last one or from a stream that does not exist', async () => {
    const stream = aStream();
    await context.store.append(requestOf([appendTo(stream, 0, threeEvents())]));
    expect((await context.store.read(stream, 1)).map(({ version }) => version)).toEqual([2, 3]);
    expect(await context.store.read(stream, 3)).toEqual([]);
    expect(await context.store.read(stream, 9)).toEqual([]);
    expect(await context.store.read(aStream())).toEqual([]);
  });

  it('reads many streams at once, each behind its own version, with an entry for each', async () => {
    const [first, second, missing] = [aStream(), aStream(), aStream()];
    await context.store.append(requestOf([appendTo(first, 0, threeEvents()), appendTo(second, 0, threeEvents())]));
    const read = await context.store.readMany([
      { stream: first, afterVersion: 2 },
      { stream: second, afterVersion: 0 },
      { stream: missing, afterVersion: 0 },
    ]);
    expect([...read].map(([stream, events]) => [stream, events.length])).toEqual([
      [first, 1],
      [second, 3],
      [missing, 0],
    ]);
    expect(await context.store.readMany([])).toEqual(new Map());
  });

  it('keeps simultaneous reads apart', async () => {
    const streams = Array.from({ length: 20 }, aStream);
    await Promise.all(
      streams.map((stream) =>
        context.store.append(requestOf([appendTo(stream, 0, [aNewEvent('Opened', { stream })])])),
      ),
    );
    const read = await Promise.all(streams.map((stream) => context.store.read(stream)));
    expect(read.map(([event]) => event!.data)).toEqual(streams.map((stream) => ({ stream })));
  });
}

function versionContract(context: Context): void {
  it('appends only directly behind the expected version', async () => {
    const stream = aStream();
    await context.store.append(requestOf([appendTo(stream, 0, threeEvents())]));
    for (const wrong of [0, 1, 2, 4, 7]) {
      await expect(context.store.append(requestOf([appendTo(stream, wrong)]))).rejects.toThrow(VersionConflict);
    }
    await context.store.append(requestOf([appendTo(stream, 3)]));
    expect(await versionsOf(context.store, stream)).toEqual([1, 2, 3, 4]);
  });

  it('does not let a new stream start above version 1', async () => {
    const stream = aStream();
    await expect(context.store.append(requestOf([appendTo(stream, 1)]))).rejects.toThrow(VersionConflict);
    expect(await versionsOf(context.store, stream)).toEqual([]);
  });

  it('names the streams that were in conflict', async () => {
    const [free, taken] = [aStream(), aStream()];
    await context.store.append(requestOf([appendTo(taken, 0)]));
    const conflict = context.store.append(requestOf([appendTo(free, 0), appendTo(taken, 0)]));
    await expect(conflict).rejects.toMatchObject({ streams: [taken] });
  });

  it('does not let a tenant append to the stream of another', async () => {
    const stream = aStream();
    await context.store.append(requestOf([appendTo(stream, 0)]));
    const foreign = { ...appendTo(stream, 1), tenantId: randomUUID() };
    await expect(context.store.append(requestOf([foreign]))).rejects.toThrow(VersionConflict);
    expect(await versionsOf(context.store, stream)).toEqual([1]);
  });
}

function atomicityContract(context: Context): void {
  it('stores several streams together', async () => {
    const [first, second] = [aStream(), aStream()];
    await context.store.append(requestOf([appendTo(first, 0), appendTo(second, 0, threeEvents())]));
    expect(await versionsOf(context.store, first)).toEqual([1]);
    expect(await versionsOf(context.store, second)).toEqual([1, 2, 3]);
  });

  it('stores nothing at all when one of the streams is in conflict', async () => {
    const [free, taken, record] = [aStream(), aStream(), aRecord()];
    await context.store.append(requestOf([appendTo(taken, 0)]));
    const request = { ...requestOf([appendTo(free, 0), appendTo(taken, 0)]), idempotency: [record] };
    await expect(context.store.append(request)).rejects.toThrow(VersionConflict);
    expect(await versionsOf(context.store, free)).toEqual([]);
    expect(await context.store.findCommands([record])).toEqual([]);
  });

  it('refuses a body that could not be published, before anything is stored', async () => {
    const [small, large] = [aStream(), aStream()];
    const event = aNewEvent('Grown', { text: 'x'.repeat(MAX_BODY_BYTES) });
    const request = requestOf([appendTo(small, 0), appendTo(large, 0, [event])]);
    await expect(context.store.append(request)).rejects.toThrow(PayloadTooLarge);
    const reply = aReply(small, { data: event.data });
    await expect(context.store.append({ ...requestOf([appendTo(small, 0)]), messages: [reply] })).rejects.toThrow(
      PayloadTooLarge,
    );
    expect(await versionsOf(context.store, small)).toEqual([]);
  });

  it('takes messages without events, and nothing at all', async () => {
    const appended = { status: 'appended' };
    expect(await context.store.append({ ...requestOf([]), messages: [aReply(aStream())] })).toEqual(appended);
    expect(await context.store.append(requestOf([]))).toEqual(appended);
  });
}

function idempotencyContract(context: Context): void {
  it('stores one effect for one key, and gives the first response to whoever comes later', async () => {
    const [first, second, record] = [aStream(), aStream(), aRecord({ b: 1, a: [null, 'x'] })];
    await context.store.append({ ...requestOf([appendTo(first, 0)]), idempotency: [record] });
    const repeat = { ...record, fingerprint: 'another', response: 'another' };
    const outcome = await context.store.append({ ...requestOf([appendTo(second, 0)]), idempotency: [repeat] });
    expect(outcome).toEqual({ status: 'replayed', record });
    expect(await versionsOf(context.store, second)).toEqual([]);
    expect(await context.store.findCommands([record, aRecord()])).toEqual([record]);
  });

  it('replays rather than report that the repeated append comes too late', async () => {
    const [stream, record] = [aStream(), aRecord()];
    const request = { ...requestOf([appendTo(stream, 0)]), idempotency: [record] };
    await context.store.append(request);
    expect(await context.store.append(request)).toEqual({ status: 'replayed', record });
  });

  it('keeps a key without events', async () => {
    const record = aRecord();
    await context.store.append({ ...requestOf([]), idempotency: [record] });
    expect(await context.store.findCommands([record])).toEqual([record]);
  });

  it('keeps the keys of tenants apart', async () => {
    const record = aRecord();
    const foreign = { ...record, tenantId: randomUUID(), response: 'theirs' };
    await context.store.append({ ...requestOf([]), idempotency: [record] });
    expect(await context.store.append({ ...requestOf([]), idempotency: [foreign] })).toEqual({ status: 'appended' });
    expect(await context.store.findCommands([foreign, record])).toEqual([foreign, record]);
  });

  it('lets one of several simultaneous appends with the same key through', async () => {
    const [streams, record] = [Array.from({ length: 10 }, aStream), aRecord()];
    const outcomes = await Promise.all(
      streams.map((stream) =>
        context.store.append({ ...requestOf([appendTo(stream, 0)]), idempotency: [{ ...record, response: stream }] }),
      ),
    );
    const winner = streams[outcomes.findIndex(({ status }) => status === 'appended')]!;
    expect(outcomes.filter(({ status }) => status === 'appended')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'replayed') expect(outcome.record.response).toBe(winner);
    expect(await Promise.all(streams.map((stream) => versionsOf(context.store, stream)))).toEqual(
      streams.map((stream) => (stream === winner ? [1] : [])),
    );
  });

  it('takes several keys at once, and is in conflict when one of them is known', async () => {
    const [stream, first, second, third] = [aStream(), aRecord(), aRecord(), aRecord()];
    await context.store.append({ ...requestOf([]), idempotency: [first, second] });
    expect(await context.store.findCommands([first, second])).toEqual([first, second]);
    const request = { ...requestOf([appendTo(stream, 0)]), idempotency: [second, third] };
    await expect(context.store.append(request)).rejects.toThrow(VersionConflict);
    expect(await versionsOf(context.store, stream)).toEqual([]);
    expect(await context.store.findCommands([third])).toEqual([]);
  });
}

function concurrencyContract(context: Context): void {
  it('lets one of several simultaneous appends to a stream through', async () => {
    const stream = aStream();
    const appends = Array.from({ length: 20 }, () => context.store.append(requestOf([appendTo(stream, 0)])));
    const settled = await Promise.allSettled(appends);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of settled)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(VersionConflict);
    expect(await versionsOf(context.store, stream)).toEqual([1]);
  });

  it('fails only the append that is in conflict', async () => {
    const [taken, ...streams] = Array.from({ length: 20 }, aStream) as [StreamId, ...StreamId[]];
    await context.store.append(requestOf([appendTo(taken, 0)]));
    const settled = await Promise.allSettled(
      [taken, ...streams].map((stream) => context.store.append(requestOf([appendTo(stream, 0)]))),
    );
    expect(settled.map(({ status }) => status)).toEqual(['rejected', ...streams.map(() => 'fulfilled')]);
  });

  it('has no gap in a stream after many writers read, decide, append and retry', async () => {
    const stream = aStream();
    await Promise.all(Array.from({ length: 8 }, () => appendAtTheEnd(context.store, stream, 5)));
    expect(await versionsOf(context.store, stream)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });
}

async function appendAtTheEnd(store: EventStore, stream: StreamId, times: number): Promise<void> {
  for (let done = 0; done < times;) {
    const { length } = await store.read(stream);
    try {
      await store.append(requestOf([appendTo(stream, length)]));
      done++;
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}

function aStream(): StreamId {
  return streamId('Sample', randomUUID());
}

function aRecord(response: unknown = { id: randomUUID() }): IdempotencyRecord {
  return { tenantId: TEST_TENANT, key: randomUUID(), fingerprint: 'a fingerprint', response };
}

function threeEvents(): StreamAppend['events'] {
  return ['Opened', 'Changed', 'Closed'].map((type) => aNewEvent(type, {}));
}

function appendTo(
  stream: StreamId,
  expectedVersion: number = NO_STREAM,
  events: StreamAppend['events'] = [aNewEvent('Changed', {})],
): StreamAppend {
  return { stream, tenantId: TEST_TENANT, expectedVersion, events };
}

function requestOf(streams: readonly StreamAppend[]): AppendRequest {
  return { commandId: randomUUID(), streams };
}

async function versionsOf(store: EventStore, stream: StreamId): Promise<readonly number[]> {
  return (await store.read(stream)).map(({ version }) => version);
}
