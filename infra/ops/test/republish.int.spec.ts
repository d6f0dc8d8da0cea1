import type { MovedTopic } from '@codex/contracts';
import { acquireRelayLock } from '@codex/event-store-postgres';
import type { KafkaProducer, Relay, RelayLock, RelayOptions, TopicMoves } from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';
import { OpsError } from '../ops-error';
import { firstSightings, MovingContext, wholeStreams } from './moving-context';

describe('a context that moves to another topic', () => {
  let context: MovingContext;
  let before: MovedTopic;
  let after: MovedTopic;

  beforeEach(async () => {
    context = await MovingContext.start();
    [before, after] = await Promise.all([context.topic(3), context.topic(5)]);
  });
  afterEach(() => context[Symbol.asyncDispose]());

  it('loses nothing and keeps every order, though its relay is killed in the copy and right before the switch', async () => {
    context.write();
    const former = await context.relay(before);
    await eventually(async () => expect(await context.lengthOf(before)).toBeGreaterThan(600));
    await former.stop();

    const inTheCopy = await doomedRelay((calls) => calls.saves === 3);
    await inTheCopy.died;
    expect(await context.moves.stateOf(after.name, { enter: false })).toBe('copying');
    const again = await context.relay(before);
    await publishes(again, before);
    await again.stop();

    const beforeTheSwitch = await doomedRelay((_, state) => state === 'copied');
    await beforeTheSwitch.died;
    expect(await context.moves.stateOf(before.name, { enter: false })).toBe('current');

    const relay = await context.relay(after);
    await publishes(relay, after);
    await context.stopWriting();
    await drained(relay);
    const [log, stored] = [await context.log(after), await context.stored()];
    expect(stored.size).toBe(8);
    expect(firstSightings(log)).toEqual(wholeStreams(stored));
    expect(log.length).toBeGreaterThan(await context.count());
    expect(new Set(log.map(({ stream, partition }) => `${stream} ${partition}`)).size).toBe(stored.size);
    expect(new Set(log.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('is never published on the topic it left, by a replica that was not told', async () => {
    context.write();
    const former = await context.relay(before);
    await publishes(former, before);
    await former.stop();
    const moved = await context.relay(after);
    await publishes(moved, after);
    const late = await context.relay(before);
    await publishes(moved, after);
    expect(late.health()).toMatchObject({ state: 'standby', leader: false });
    await moved.stop();
    await eventually(() => expect(late.health().state).toBe('passive'));
    expect(late.health().lastError).toContain(`nothing is published on ${before.name}: it was left`);
    const left = await context.lengthOf(before);
    const next = await context.relay(after);
    await publishes(next, after);
    expect(await context.lengthOf(before)).toBe(left);
    expect(late.health()).toMatchObject({ state: 'passive', leader: false });
  });

  it('keeps its cursor from a relay that was cut off and still publishes on the topic before', async () => {
    context.write();
    const former = await context.relay(before);
    await publishes(former, before);
    const thawed = Promise.withResolvers<void>();
    await former.stop();
    const lock: RelayLock = { lost: new AbortController().signal, release: () => Promise.resolve() };
    let sent = 0;
    const producer = context.driver.producer();
    const slow: KafkaProducer = {
      close: () => producer.close(),
      send: async (records) => {
        if (sent++ === 1) await thawed.promise;
        await producer.send(records);
      },
    };
    const zombie = await context.relay(before, { acquireLock: async () => lock, producer: slow });
    await eventually(() => expect(sent).toBe(2));
    const moved = await context.relay(after);
    await publishes(moved, after);
    await moved.stop();
    await context.stopWriting();
    const { rows } = await context.pool.query('select era, xid, position, topic from event_store.relay_cursors');
    expect(rows).toMatchObject([{ topic: after.name }]);
    thawed.resolve();
    await eventually(async () => expect((await zombie.status()).pending).toBe(0));
    await zombie.stop();
    const now = await context.pool.query('select era, xid, position, topic from event_store.relay_cursors');
    expect(now.rows).toEqual(rows);
    await drained(await context.relay(after));
    expect(firstSightings(await context.log(after))).toEqual(wholeStreams(await context.stored()));
  });

  it('is copied ahead while it is published, then read from the new topic: everything once, nothing parked', async () => {
    context.write();
    const relay = await context.relay(before);
    const reader = context.consumer(before);
    await eventually(async () => expect((await context.effects()).length).toBeGreaterThan(300));
    expect(await context.copyAhead(after)).toBeGreaterThan(200);
    expect(await context.copyAhead(after)).toBeLessThan(await context.count());
    await publishes(relay, before);
    await relay.stop();
    const moved = await context.relay(after);
    await publishes(moved, after);

    // Replicas of both settings at the same time, until the former one is restarted.
    const next = context.consumer(after);
    await eventually(() => expect(next.health().state).toBe('running'));
    await reader.stop();
    await context.stopWriting();
    await eventually(async () => expect((await context.effects()).length).toBe(await context.count()));
    const effects = await context.effects();
    expect(firstSightings(effects)).toEqual(wholeStreams(await context.stored()));
    const letters = await context.pool.query('select 1 from inbox.dead_letters');
    expect(letters.rows).toEqual([]);
    const { rows } = await context.pool.query(
      'select topic, bool_and(left_for is not null) as "isLeft" from inbox.offsets group by 1 order by 2',
    );
    expect(rows).toEqual([
      { topic: after.name, isLeft: false },
      { topic: before.name, isLeft: true },
    ]);
    await next.stop();
    const late = context.consumer(before);
    await eventually(() => expect(late.health()).toMatchObject({ state: 'log-left', healthy: false }));
    expect(late.health().lastError).toContain(`has left ${before.name}: it reads ${after.name}`);
  });

  it('is refused to copy ahead to a topic of another shape, to its own, and to one that it left', async () => {
    const relay = await context.relay(before);
    await eventually(() => expect(relay.health().leader).toBe(true));
    await expect(context.copyAhead({ ...after, partitions: 6 })).rejects.toThrow(
      new OpsError(`${after.name} exists with 5 partitions, not 6: choose another --suffix`),
    );
    await expect(context.copyAhead(before)).rejects.toThrow('publishes on');
    await relay.stop();
    const moved = await context.relay(after);
    await eventually(() => expect(moved.health().leader).toBe(true));
    await expect(context.copyAhead(before)).rejects.toThrow('for another topic: choose another --suffix');
    const third = await context.topic(2, { made: false });
    const { url } = context;
    const lock = await acquireRelayLock({ connectionString: url, applicationName: 'other' }, 'republish project');
    await expect(context.copyAhead(third)).rejects.toThrow('another republish of project is running');
    await lock.release();
    expect(await context.copyAhead(third)).toBe(0);
  });

  async function publishes(relay: Relay, topic: MovedTopic): Promise<void> {
    await eventually(() => expect(relay.health().leader).toBe(true));
    const length = await context.lengthOf(topic);
    await eventually(async () => expect(await context.lengthOf(topic)).toBeGreaterThan(length));
  }

  async function drained(relay: Relay): Promise<void> {
    await eventually(async () => expect(await relay.status()).toMatchObject({ leader: true, pending: 0 }));
  }

  /** A relay that does nothing any more from a point on, like a process that was killed there; its lock is free then. */
  async function doomedRelay(isTheEnd: (calls: { saves: number }, state: string) => boolean) {
    const death = Promise.withResolvers<void>();
    const never = new Promise<never>(() => undefined);
    const calls = { saves: 0 };
    const producer = context.driver.producer();
    let isDead = false;
    let held: RelayLock | undefined;
    const die = async (): Promise<never> => {
      isDead = true;
      await Promise.all([held?.release(), producer.close()]);
      death.resolve();
      return never;
    };
    const { moves } = context;
    const doomed: TopicMoves = {
      loadCopy: (topic) => moves.loadCopy(topic),
      saveCopy: async (topic, cursor) => {
        calls.saves++;
        return isTheEnd(calls, '') ? die() : moves.saveCopy(topic, cursor);
      },
      stateOf: async (topic) => {
        const state = await moves.stateOf(topic, { enter: false });
        return isDead || isTheEnd(calls, state) ? die() : state;
      },
    };
    const url = context.url;
    const acquireLock: RelayOptions['acquireLock'] = async (signal) =>
      (held = await acquireRelayLock({ connectionString: url, applicationName: 'doomed' }, 'project', { signal }));
    // It is left hanging: what it still holds ends with the spec.
    const topic = { name: after.name, moves: doomed };
    await context.relay(after, { acquireLock, producer, topic }, { abandoned: true });
    return { died: death.promise };
  }
});
