import { Unavailable } from '@codex/event-sourcing';
import {
  ConsumerMovedOn,
  listWaiting,
  partitionOf,
  type BatchConsumer,
  type DeadLetterFact,
  type WaitingMessage,
  type WaitingPosition,
} from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';

import { history, PARTITIONS, RuntimeHarness, writeEffects, type TestDeclaration } from './runtime-harness';

const stuck = 'Item-stuck';

describe('a partition that waits at a message', () => {
  let harness: RuntimeHarness;
  let away: boolean;
  let handle: TestDeclaration['handle'];

  beforeEach(async () => {
    harness = await RuntimeHarness.start();
    away = true;
    handle = async (messages, tx) => {
      await writeEffects(messages, tx);
      if (away && messages.some(({ id }) => id === `${stuck}@2`)) throw new Unavailable('the other side');
    };
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  const neighbour = samePartitionAs(stuck);

  it('is shown with what it waits for, and goes on by itself when that is back', async () => {
    harness.consumer({ handle });
    await harness.publish(history(['Item-0', stuck, neighbour], 3));
    const { since } = await untilWaiting(harness);
    const later = await eventually(async () => {
      const [waiting] = await listWaiting(harness.pool);
      expect(waiting!.attempts).toBeGreaterThan(2);
      return waiting!;
    });
    expect(later).toMatchObject({
      group: harness.group,
      topic: harness.topic,
      partition: partitionOf(stuck, PARTITIONS),
      eventId: `${stuck}@2`,
      stream: stuck,
      version: 2,
      type: 'Happened',
      code: 'UPSTREAM_UNAVAILABLE',
      reason: 'Unavailable: the other side is not available',
      since,
    });
    expect(await harness.versionsOf(stuck)).toEqual([1]);
    away = false;
    for (const stream of ['Item-0', stuck, neighbour]) await harness.untilVersions(stream, [1, 2, 3]);
    const { rows } = await harness.pool.query('select from inbox.waiting');
    expect(rows).toHaveLength(0);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('is taken past it by an operator: a dead letter keeps it, its stream queues up, and all others go on', async () => {
    const facts: DeadLetterFact[] = [];
    const consumer = harness.consumer(
      { handle },
      {
        record: async (_tx, some) => void facts.push(...some),
        adopted: () => Promise.resolve(),
      },
    );
    await harness.publish(history([stuck, neighbour], 3));
    const at = await untilWaiting(harness);
    const id = await skip(consumer, at);
    await harness.untilVersions(neighbour, [1, 2, 3]);
    expect(await harness.versionsOf(stuck)).toEqual([1]);
    expect(await harness.untilQueued(1)).toMatchObject({
      id,
      offset: at.offset,
      messageId: `${stuck}@2`,
      code: 'UPSTREAM_UNAVAILABLE',
      reason: 'skipped (in a hurry): Unavailable: the other side is not available',
    });
    expect(await listWaiting(harness.pool)).toEqual([]);
    expect(facts).toMatchObject([
      { what: 'skipped', id, reason: 'in a hurry', waitingSince: at.since, origin: { messageId: `${stuck}@2` } },
    ]);
    expect(consumer.health()).toMatchObject({ state: 'running', healthy: true });
    away = false;
    await consumer.deadLetters.redrive(id);
    await harness.untilVersions(stuck, [1, 2, 3]);
    expect(facts.map(({ what }) => what)).toEqual(['skipped', 'redriven']);
  });

  it('is not taken past any other message', async () => {
    const consumer = harness.consumer({ handle });
    await harness.publish(history([stuck, neighbour], 3));
    const at = await untilWaiting(harness);
    const others: Partial<WaitingPosition>[] = [
      { offset: Number(at.offset) - 1 },
      { offset: Number(at.offset) + 1 },
      { eventId: `${stuck}@3` },
      { topic: 'another' },
      { partition: (at.partition + 1) % PARTITIONS },
    ];
    for (const other of others) await expect(skip(consumer, at, other)).rejects.toThrow(ConsumerMovedOn);
    expect(await harness.deadLetters()).toEqual([]);
    expect(await listWaiting(harness.pool)).toMatchObject([{ offset: at.offset }]);
    away = false;
    await harness.untilVersions(stuck, [1, 2, 3]);
    await expect(skip(consumer, at)).rejects.toThrow(ConsumerMovedOn);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('is taken past it once, when two operators try and the message goes through at the same time', async () => {
    const consumer = harness.consumer({ handle });
    await harness.publish(history([stuck, neighbour], 3));
    const at = await untilWaiting(harness);
    away = false;
    const outcomes = await Promise.allSettled([skip(consumer, at), skip(consumer, at)]);
    await harness.untilVersions(neighbour, [1, 2, 3]);
    const skipped = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(skipped).toBeLessThanOrEqual(1);
    expect(await harness.deadLetters()).toHaveLength(skipped);
    await harness.untilVersions(stuck, skipped === 1 ? [1] : [1, 2, 3]);
  });

  it('keeps its place and its history when another member takes the partition over', async () => {
    const first = harness.consumer({ handle });
    await harness.publish(history([stuck], 3));
    const before = await untilWaiting(harness);
    await first.stop();
    expect(await listWaiting(harness.pool)).toMatchObject([{ offset: before.offset }]);
    const second = harness.consumer({ handle });
    await eventually(async () => {
      const [waiting] = await listWaiting(harness.pool);
      expect(waiting!.attempts).toBeGreaterThan(before.attempts + 1);
      expect(waiting!.since).toEqual(before.since);
    });
    await skip(second, before);
    await eventually(() => expect(second.health()).toMatchObject({ state: 'running' }));
    expect(await harness.versionsOf(stuck)).toEqual([1]);
  });
});

function skip(
  consumer: BatchConsumer,
  { topic, partition, offset, eventId }: WaitingMessage,
  other: Partial<WaitingPosition> = {},
): Promise<string> {
  const at = { topic, partition, offset: Number(offset), eventId, ...other };
  return consumer.deadLetters.skip(at, { reason: 'in a hurry' }).finally(() => consumer.poke());
}

function untilWaiting(harness: RuntimeHarness): Promise<WaitingMessage> {
  return eventually(
    async () => {
      const waiting = await listWaiting(harness.pool);
      expect(waiting).toHaveLength(1);
      return waiting[0]!;
    },
    { description: 'a waiting partition' },
  );
}

/** Another stream whose messages lie in the same partition. */
function samePartitionAs(stream: string): string {
  const partition = partitionOf(stream, PARTITIONS);
  for (let i = 0; ; i++) if (partitionOf(`Item-next-${i}`, PARTITIONS) === partition) return `Item-next-${i}`;
}
