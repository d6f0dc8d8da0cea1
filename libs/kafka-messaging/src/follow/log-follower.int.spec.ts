import { createTestTopics, eventually, serverAddresses, type TestTopics } from '@codex/testing';

import { kafkajsDriver } from '../kafkajs/kafkajs-driver';
import { platformaticDriver } from '../platformatic/platformatic-driver';
import { LogFollower, type FollowedRecords } from './log-follower';
import { hasReached, logExtent, type LogExtent, type LogPositions } from './log-layout';

const PARTITIONS = 3;

describe.each([
  ['kafkajs', kafkajsDriver],
  ['@platformatic/kafka', platformaticDriver],
])('a log follower over %s', (_, openDriver) => {
  const driver = openDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'follow-spec', tls: false });
  const admin = driver.admin();
  const producer = driver.producer();
  let topics: TestTopics<'red' | 'blue'>;
  let names: string[];
  let empty: LogExtent;

  beforeAll(async () => {
    topics = await createTestTopics(['red', 'blue'], { partitions: PARTITIONS });
    names = [topics.topics.red, topics.topics.blue];
    // A topic that was created just now may not have its leaders everywhere yet.
    empty = await eventually(() => logExtent(admin, names));
    await publish(0, 60);
  });

  afterAll(async () => {
    await producer.close();
    await admin.close();
    await topics.dispose();
  });

  const publish = (from: number, to: number): Promise<void> =>
    producer.send(
      Array.from({ length: to - from }, (_, index) => ({
        topic: names[(from + index) % 2]!,
        key: `key ${from + index}`,
        value: Buffer.from(String(from + index)),
        headers: {},
      })),
    );

  function follow(from: LogPositions, onLost: (error: Error) => void = fail) {
    const seen: number[] = [];
    const positions = [...from];
    const onRecords = ({ slot, records, nextPosition }: FollowedRecords): void => {
      seen.push(...records.map(({ value }) => Number(value!.toString())));
      positions[slot] = nextPosition;
    };
    const follower = new LogFollower({
      ...{ driver, layout: empty.layout, from, groupPrefix: 'follow-spec', onRecords, onLost },
    });
    follower.start();
    return { follower, seen, positions };
  }

  const fail = (error: Error): void => {
    throw error;
  };
  const inOrder = (seen: readonly number[]): number[] => [...seen].sort((a, b) => a - b);
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

  it('reads everything from its positions on, once, and goes on with what comes', async () => {
    const middle = (await logExtent(admin, names)).latest;
    await publish(60, 80);
    const all = follow(empty.latest);
    const late = follow(middle);
    await eventually(() => expect(late.seen).toHaveLength(20));
    await publish(80, 100);
    await eventually(() => expect(all.seen).toHaveLength(100));
    await eventually(() => expect(late.seen).toHaveLength(40));
    await Promise.all([all.follower.stop(), late.follower.stop()]);
    expect(inOrder(all.seen)).toEqual(range(0, 100));
    expect(inOrder(late.seen)).toEqual(range(60, 100));
    const { latest } = await logExtent(admin, names);
    expect(all.positions).toEqual(latest);
    expect(hasReached(late.positions, latest)).toBe(true);
  });

  it('hands nothing over twice when its membership breaks', async () => {
    const { follower, seen } = follow(empty.latest);
    await eventually(() => seen.length > 0);
    (follower as unknown as { consumer: { rejoin(): void } }).consumer.rejoin();
    await publish(100, 120);
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(120));
    await follower.stop();
    expect(inOrder(seen)).toEqual(range(0, 120));
  });

  it('waits for who takes the records, and fetches nothing more meanwhile', async () => {
    let release: () => void = () => undefined;
    const held: FollowedRecords[] = [];
    const taken = new Promise<void>((resolve) => (release = resolve));
    const follower = new LogFollower({
      ...{ driver, layout: empty.layout, from: empty.latest, groupPrefix: 'follow-spec', onLost: fail },
      onRecords: (followed) => {
        held.push(followed);
        return taken;
      },
    });
    follower.start();
    await eventually(() => held.length > 0);
    const other = follow((await logExtent(admin, names)).latest);
    await publish(120, 140);
    await eventually(() => expect(other.seen).toHaveLength(20));
    const slots = held.map(({ slot }) => slot);
    expect(slots).toEqual([...new Set(slots)]);
    release();
    await Promise.all([follower.stop(), other.follower.stop()]);
  });

  it('says so when the log does not have its positions', async () => {
    const beyond = empty.latest.map(() => 1_000_000);
    const lost: Error[] = [];
    const { follower, seen } = follow(beyond, (error) => lost.push(error));
    await eventually(() => expect(lost).toHaveLength(1));
    await follower.stop();
    expect(seen).toEqual([]);
    expect(lost[0]!.message).toContain('does not have offset 1000000');
  });

  it('tells logs apart by their topics', async () => {
    await using others = await createTestTopics(['red', 'blue'], { partitions: PARTITIONS });
    const other = await eventually(() => logExtent(admin, [others.topics.red, others.topics.blue]));
    const again = await logExtent(admin, names);
    expect(again.fingerprint).toEqual(empty.fingerprint);
    expect(other.fingerprint).not.toEqual(empty.fingerprint);
  });
});
