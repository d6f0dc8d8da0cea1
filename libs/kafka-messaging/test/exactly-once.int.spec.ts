import { Unavailable } from '@codex/event-sourcing';
import { kafkajsDriver, platformaticDriver } from '@codex/kafka-messaging';
import { inTransaction } from '@codex/postgres';
import { eventually } from '@codex/testing';

import { history, RuntimeHarness, writeEffects, type Effect, type TestDeclaration } from './runtime-harness';

describe.each([
  ['kafkajs', kafkajsDriver],
  ['@platformatic/kafka', platformaticDriver],
])('exactly once into Postgres over %s', (_client, openDriver) => {
  let harness: RuntimeHarness;

  beforeEach(async () => {
    harness = await RuntimeHarness.start(openDriver);
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  const streams = Array.from({ length: 40 }, (_, i) => `Item-${i}`);

  async function untilEverything(versions: number): Promise<void> {
    const count = streams.length * versions;
    await eventually(async () => expect((await harness.effects()).length).toBeGreaterThanOrEqual(count), {
      timeoutMs: 60_000,
    });
    expect(versionsByStream(await harness.effects())).toEqual(versionsByStream(history(streams, versions)));
  }

  it('applies every event once and in order through failures before, in and after the commit', async () => {
    const random = seeded(7);
    const transaction: TestDeclaration['transaction'] = async (work) => {
      const result = await inTransaction(harness.pool, async (tx) => {
        const done = await work(tx);
        if (random() < 0.15) throw new Unavailable('postgres', { cause: new Error('before the commit') });
        if (random() < 0.15) await tx.query('select pg_terminate_backend(pg_backend_pid())');
        return done;
      });
      if (random() < 0.15) throw new Unavailable('postgres', { cause: new Error('after the commit') });
      return result;
    };
    const failure = { ...fastPolicy };
    harness.consumer({ transaction, failure, maxMessages: 23 });
    for (const part of parts(history(streams, 25), 100)) await harness.publish(part);
    await untilEverything(25);
  });

  it('applies every event once while members come and go', async () => {
    const events = history(streams, 30);
    const publishing = (async () => {
      for (const part of parts(events, 60)) await harness.publish(part);
    })();
    harness.consumer({ maxMessages: 17 });
    for (let round = 0; round < 3; round++) {
      const guest = harness.consumer({ maxMessages: 11 });
      await eventually(() => guest.health().assignedPartitions > 0);
      await guest.stop();
    }
    await publishing;
    await untilEverything(30);
  });

  it('skips what the relay repeats', async () => {
    const events = history(streams, 3);
    harness.consumer();
    await harness.publish(events);
    await harness.publish(events);
    await harness.publish(history(streams, 5));
    await untilEverything(5);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('starts where the inbox says, whatever Kafka has as the committed offset', async () => {
    const first = harness.consumer();
    await harness.publish(history(streams, 2));
    await untilEverything(2);
    await first.stop();
    await harness.publish(history(streams, 4).slice(2 * streams.length));
    await commitTheEnd();
    harness.consumer();
    await untilEverything(4);
  });

  it('never lets a zombie commit', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let calls = 0;
    const zombie = harness.consumer({
      handle: async (messages, tx) => {
        await writeEffects(messages, tx);
        if (++calls === 1) await held;
      },
    });
    await harness.publish(history(['Item-1'], 3));
    await eventually(() => calls === 1);
    // What another member does when it is assigned the partitions.
    await harness.pool.query(`update inbox.offsets set epoch = epoch + 1, owner = 'somebody else'`);
    release();
    await harness.untilVersions('Item-1', [1, 2, 3]);
    expect(calls).toBeGreaterThan(1);
    expect(zombie.health().state).toBe('running');
  });

  it('ends the transaction in flight before stop resolves, and leaves the rest for the next', async () => {
    let inFlight = 0;
    let handled = 0;
    const consumer = harness.consumer({
      maxMessages: 1,
      handle: async (messages, tx) => {
        inFlight++;
        await tx.query('select pg_sleep(0.2)');
        await writeEffects(messages, tx);
        inFlight--;
        handled += messages.length;
      },
    });
    await harness.publish(history(['Item-1'], 5));
    await eventually(() => inFlight === 1);
    await consumer.stop();
    expect(inFlight).toBe(0);
    expect(await harness.versionsOf('Item-1')).toHaveLength(handled);
    expect(consumer.health()).toMatchObject({ state: 'stopped', healthy: false });
    harness.consumer();
    await harness.untilVersions('Item-1', [1, 2, 3, 4, 5]);
  });

  it('waits for a database that is away, and says so', async () => {
    let away = true;
    const consumer = harness.consumer({
      failure: fastPolicy,
      transaction: async (work) => {
        if (away) throw new Unavailable('postgres');
        return inTransaction(harness.pool, work);
      },
    });
    await harness.publish(history(['Item-1'], 2));
    await eventually(() => consumer.health().state === 'waiting');
    away = false;
    await harness.untilVersions('Item-1', [1, 2]);
    away = true;
    await harness.publish([{ stream: 'Item-1', version: 3 }]);
    await eventually(() => consumer.health().state === 'waiting' && consumer.health().lagMs > 0);
    expect(consumer.health().lastError).toContain('postgres is not available');
    away = false;
    await harness.untilVersions('Item-1', [1, 2, 3]);
    await eventually(() => consumer.health().state === 'running' && consumer.health().lagMs === 0);
  });

  async function commitTheEnd(): Promise<void> {
    const raw = harness.driver.consumer({ group: harness.group, topics: [harness.topic] });
    const admin = harness.driver.admin();
    const ends = await admin.offsets(harness.topic);
    // Only a member that fetches may commit.
    const fetching = new Promise<void>((resolve) => {
      raw.start({
        onAssigned: () => undefined,
        onRevoked: () => undefined,
        onBatch: async () => false,
        onFetch: () => resolve(),
        onFailure: () => undefined,
      });
    });
    await fetching;
    await eventually(async () => {
      await raw.commitOffsets(
        ends.map(({ partition, latest }) => ({ topic: harness.topic, partition, offset: latest })),
      );
    });
    await Promise.all([raw.stop(), admin.close()]);
  }
});

const fastPolicy = {
  rules: {
    refusal: { answer: 'park' },
    poison: { answer: 'park' },
    conflict: { answer: 'retry', attempts: 5 },
    transient: { answer: 'wait' },
  },
  firstWaitMs: 10,
  lastWaitMs: 50,
} as const;

function versionsByStream(effects: readonly Effect[]): Record<string, number[]> {
  const streams: Record<string, number[]> = {};
  for (const { stream, version } of effects) (streams[stream] ??= []).push(version);
  return streams;
}

function parts<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

/** Mulberry32: the same failures in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
