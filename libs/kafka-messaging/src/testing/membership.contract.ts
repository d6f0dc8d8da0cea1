import { randomUUID } from 'node:crypto';

import { eventually } from '@codex/testing';

import { partitionOf } from '../driver/murmur2';
import { aRecord, ContractWorld, PARTITIONS, received, until } from './contract-world';
import { committedOffset, membersOf, removeMembers, vanishedMember } from './group-tools';

/** Between two moments at which consumers are stopped: their joins are looked at from the first connection to the end. */
const MOMENT_MS = 15;

export function membershipContract(world: () => ContractWorld): void {
  describe('being a member of a group', () => {
    let kafka: ContractWorld;
    beforeEach(() => {
      kafka = world();
    });

    it('shares partitions between members, and takes them over when one leaves', async () => {
      const group = `contract.${randomUUID()}`;
      const [one, two] = [kafka.consume({ group }), kafka.consume({ group })];
      const owned = (): string[] => [...one.assigned, ...two.assigned].map(({ partition }) => String(partition)).sort();
      await until(() => one.assigned.length > 0 && two.assigned.length > 0 && owned().length === PARTITIONS, 'shared');
      expect(owned()).toEqual(['0', '1', '2']);
      const generations = one.generations;
      await two.stop();
      await until(() => one.assigned.length === PARTITIONS, 'taken over');
      expect(one.generations).toBeGreaterThan(generations);
    });

    it('calls a batch stale once its partition was rebalanced away', async () => {
      const group = `contract.${randomUUID()}`;
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const one = kafka.consume({ group, heartbeatIntervalMs: 200, onBatch: () => held.then(() => false) });
      await until(() => one.batches.length > 0, 'a batch is held');
      kafka.consume({ group });
      await until(() => one.batches[0]!.isStale(), 'the rebalance reaches the holder');
      release();
    });

    it('stays a member while a batch takes longer than the session', async () => {
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const consumer = kafka.consume({
        sessionTimeoutMs: 6_000,
        heartbeatIntervalMs: 500,
        onBatch: () => held.then(() => true),
      });
      await until(() => consumer.batches.length === 1, 'a batch is held');
      const heldSince = Date.now();
      await until(() => Date.now() - heldSince > 7_500, 'the session would have ended');
      release();
      await received(consumer, 1);
      expect(consumer.generations).toBe(1);
    });

    it('goes on at the committed offset when nobody seeks, and where it is told when somebody does', async () => {
      const group = `contract.${randomUUID()}`;
      await kafka.producer.send(Array.from({ length: 5 }, (_, i) => aRecord(kafka.topic, 'a', String(i))));
      const partition = partitionOf('a', PARTITIONS);
      const first = kafka.consume({ group });
      await received(first, 5);
      await first.consumer.commitOffsets([{ topic: kafka.topic, partition, offset: 3 }]);
      await first.stop();
      const second = kafka.consume({ group });
      await received(second, 2);
      expect(second.offsetsOf(partition)).toEqual([3, 4]);
      await second.stop();
      const third = kafka.consume({
        group,
        onAssigned: (all, member) => all.forEach((each) => member.seek(each, 1)),
      });
      await received(third, 4);
      expect(third.offsetsOf(partition)).toEqual([1, 2, 3, 4]);
    });

    it('joins again when it is told to, and works on', async () => {
      const consumer = kafka.consume();
      await until(() => consumer.generations >= 1, 'joined');
      const before = consumer.generations;
      consumer.consumer.rejoin();
      await until(() => consumer.generations > before && consumer.assigned.length === PARTITIONS, 'joined again');
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      await received(consumer, 1);
    });

    it('leaves the group without waiting for a fetch that waits for records', async () => {
      const group = `contract.${randomUUID()}`;
      const consumer = kafka.consume({ group, maxWaitMs: 12_000 });
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      await received(consumer, 1);
      await consumer.stop();
      expect(await membersOf(group)).toEqual([]);
    });

    it('leaves nobody behind whom the group waits for, at whatever moment of its join it is stopped', async () => {
      const sessionTimeoutMs = 300_000;
      const takenOver = Array.from({ length: 12 }, async (_, index) => {
        const group = `contract.${randomUUID()}`;
        const stopped = [kafka.consume({ group, sessionTimeoutMs }), kafka.consume({ group, sessionTimeoutMs })];
        await new Promise((resolve) => setTimeout(resolve, index * MOMENT_MS));
        await Promise.all(stopped.map((consumer) => consumer.stop()));
        const next = kafka.consume({ group });
        await until(() => next.assigned.length === PARTITIONS, `taken over from those stopped at moment ${index}`);
      });
      await Promise.all(takenOver);
    });

    it('leaves at once while its join waits for a member that is gone', async () => {
      const group = `contract.${randomUUID()}`;
      const gone = await vanishedMember(group, kafka.topic, 'somebody-else');
      const consumer = kafka.consume({ group });
      await eventually(async () => (await membersOf(group)).length === 2);
      await consumer.stop();
      expect(await membersOf(group)).toEqual([gone]);
      expect(consumer.generations).toBe(0);
    });

    it('takes over at once from a killed process of the same instance, and from no other', async () => {
      const group = `contract.${randomUUID()}`;
      const driver = kafka.driverOf({ clientId: 'contract', instance: 'one' });
      await vanishedMember(group, kafka.topic, 'contract.one');
      const consumer = kafka.consume({ group, driver });
      await until(() => consumer.assigned.length === PARTITIONS, 'taken over');
      const other = await vanishedMember(`${group}.2`, kafka.topic, 'contract.two');
      const waiting = kafka.consume({ group: `${group}.2`, driver });
      await eventually(async () => (await membersOf(`${group}.2`)).length === 2);
      expect(await membersOf(`${group}.2`)).toContain(other);
      expect(waiting.generations).toBe(0);
    });

    it('joins again when the group has removed it, and calls what it held stale', async () => {
      const group = `contract.${randomUUID()}`;
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const consumer = kafka.consume({ group, heartbeatIntervalMs: 200, onBatch: () => held.then(() => true) });
      await until(() => consumer.batches.length > 0, 'a batch is held');
      await removeMembers(group);
      await until(() => consumer.batches[0]!.isStale(), 'the holder notices');
      release();
      await until(() => consumer.generations > 1 && consumer.assigned.length === PARTITIONS, 'joined again');
      await received(consumer, 1);
    });

    it('cannot commit any more once the group has removed it', async () => {
      const group = `contract.${randomUUID()}`;
      const consumer = kafka.consume({ group, sessionTimeoutMs: 60_000, heartbeatIntervalMs: 50_000 });
      await until(() => consumer.assigned.length === PARTITIONS, 'joined');
      await removeMembers(group);
      const offset = { topic: kafka.topic, partition: 0, offset: 7 };
      await expect(consumer.consumer.commitOffsets([offset])).rejects.toThrow();
      expect(await committedOffset(group, kafka.topic, 0)).toBe(-1);
    });

    it('waits for a kafka.topic that does not exist yet', async () => {
      const name = `contract.${randomUUID()}`;
      const consumer = kafka.consume({ topics: [name] });
      await until(() => consumer.failures.length > 0, 'the missing kafka.topic is reported');
      await kafka.admin.ensureTopics([{ name, partitions: 1 }]);
      await kafka.producer.send([aRecord(name, 'a', '1')]);
      await received(consumer, 1);
      await consumer.stop();
      await kafka.admin.deleteTopics([name]);
    });

    it('makes no call after stop has resolved', async () => {
      const consumer = kafka.consume();
      await until(() => consumer.generations >= 1, 'joined');
      await consumer.stop();
      const { fetches } = consumer;
      const other = kafka.consume();
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      await received(other, 1);
      expect([consumer.fetches, consumer.records.length]).toEqual([fetches, 0]);
    });
  });
}
