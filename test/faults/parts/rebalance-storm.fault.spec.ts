import { randomUUID } from 'node:crypto';
import { eventually } from '@codex/testing';
import { isLong, seededRandom } from '../seed';
import { effectsMember, EffectsWorld, StreamSource, type EffectsPlace } from './effects-world';
import { FreezableMember, type Breakage } from './freezable-member';
import { missing, outOfOrder, repeated } from './histories';
import { lasting } from './lasting';
import { createDatabase, PrivatePlace, privatePostgres } from './private-servers';
import { projected, projectionReplica } from './storm-projections';

const STREAMS = 30;
const CHANGES = isLong ? 60 : 6;
const CHANGE_EVERY_MS = 2_000;
const MOST_MEMBERS = 4;
const CAUGHT_UP_MS = 60_000;
const TIMEOUT_MS = 90_000 + CHANGES * 4_000;

/** The consumer that notices that it was fenced, and goes on all the same. */
const WITHOUT_FENCE: Breakage = {
  file: 'libs/kafka-messaging/src/inbox/inbox-store.ts',
  find: 'throw new _inboxerrors.ConsumerFenced(group)',
  replace: 'void 0',
};

interface Member {
  readonly stop: () => Promise<void>;
}

/** All storms blow at the same time, over one topic and one database. */
describe('R5: a rebalance storm', () => {
  const source = new StreamSource(Array.from({ length: STREAMS }, () => `Service-${randomUUID()}`));
  const place = new PrivatePlace();
  let world: EffectsWorld;
  let storms: Record<'consumers' | 'replicas' | 'frozen' | 'frozenWithoutFence', Promise<EffectsPlace>>;
  let isOver = false;
  let load: Promise<void>;

  beforeAll(async () => {
    // A server of their own: a transaction that stays open holds up the relays of a whole server.
    world = await EffectsWorld.start(await createDatabase(await privatePostgres(place)));
    load = publishUntilOver();
    storms = {
      consumers: stormOf('storm', async (place) => effectsMember(place)),
      replicas: stormOf('replicas', () => projectionReplica(world.databaseUrl, world.topic)),
      frozen: freeze(world.place('frozen', false)),
      frozenWithoutFence: freeze(world.place('control', false), WITHOUT_FENCE),
    };
    await Promise.allSettled(Object.values(storms));
    isOver = true;
    await load;
  }, TIMEOUT_MS);
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  it(
    'members that come and go lose, repeat and reorder nothing',
    async () => {
      const place = await storms.consumers;
      await expectExactlyOnce(place);
    },
    TIMEOUT_MS,
  );

  it(
    'replicas of a projector that come and go leave the read models that the events make',
    async () => {
      await storms.replicas;
      const replica = await projectionReplica(world.databaseUrl, world.topic);
      await eventually(async () => (await projected(world.pool)).log.length >= world.published.length, {
        timeoutMs: CAUGHT_UP_MS,
      });
      await replica.stop();
      const { log, counted } = await projected(world.pool);
      expect(missing(world.published, log)).toEqual([]);
      expect(counted).toBe(world.published.length);
    },
    TIMEOUT_MS,
  );

  it(
    'a member frozen inside a batch beyond its session commits nothing of it when it wakes up',
    async () => {
      await expectExactlyOnce(await storms.frozen);
    },
    TIMEOUT_MS,
  );

  it(
    'without the fence that member takes effect twice',
    async () => {
      const place = await storms.frozenWithoutFence;
      expect(repeated(await world.effects(place.group)).length).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );

  async function publishUntilOver(): Promise<void> {
    while (!isOver) {
      await world.publish(source.next(1));
      await lasting(100);
    }
  }

  /** Every two seconds somebody joins or leaves; at least one stays. */
  async function stormOf(purpose: string, join: (place: EffectsPlace) => Promise<Member>): Promise<EffectsPlace> {
    const place = world.place(purpose);
    const random = seededRandom(`storm of ${purpose}`);
    const members = [await join(place)];
    for (let change = 0; change < CHANGES; change++) {
      await lasting(CHANGE_EVERY_MS);
      const joins = members.length === 1 || (members.length < MOST_MEMBERS && random.chance(0.5));
      if (joins) members.push(await join(place));
      else await members.splice(random.integer(0, members.length - 1), 1)[0]!.stop();
    }
    await Promise.all(members.map(({ stop }) => stop()));
    return place;
  }

  /** Frozen inside a batch until the other member has done all of it, then awake again among new events. */
  async function freeze(place: EffectsPlace, breakage?: Breakage): Promise<EffectsPlace> {
    await using frozen = FreezableMember.start(place, breakage);
    const other = effectsMember(place);
    try {
      await frozen.freezeInsideBatch();
      const due = [...world.published];
      await eventually(async () => missing(due, await world.effects(place.group)).length === 0, {
        timeoutMs: CAUGHT_UP_MS,
        pollIntervalMs: 200,
        description: 'the other member takes over',
      });
      frozen.thaw();
      await frozen.freezeInsideBatch();
      frozen.thaw();
    } finally {
      await other.stop();
    }
    return place;
  }

  async function expectExactlyOnce(place: EffectsPlace): Promise<void> {
    const last = effectsMember(place);
    const rest = async (): Promise<readonly string[]> => missing(world.published, await world.effects(place.group));
    await eventually(async () => (await rest()).length === 0, { timeoutMs: CAUGHT_UP_MS });
    await last.stop();
    const effects = await world.effects(place.group);
    expect(repeated(effects)).toEqual([]);
    expect(outOfOrder(effects)).toEqual([]);
    expect(effects).toHaveLength(world.published.length);
  }
});
