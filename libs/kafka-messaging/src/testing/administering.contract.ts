import { randomUUID } from 'node:crypto';

import { eventually } from '@codex/testing';

import { partitionOf } from '../driver/murmur2';
import { aRecord, ContractWorld, PARTITIONS } from './contract-world';

export function administeringContract(world: () => ContractWorld): void {
  describe('administering', () => {
    let kafka: ContractWorld;
    beforeEach(() => {
      kafka = world();
    });

    it('creates missing topics, leaves existing ones alone, and describes both', async () => {
      const name = `contract.${randomUUID()}`;
      const spec = { name, partitions: 2, config: { 'retention.ms': '60000', 'cleanup.policy': 'delete' } };
      const rival = kafka.driver.admin();
      await Promise.all([kafka.admin.ensureTopics([spec]), rival.ensureTopics([spec])]);
      await rival.close();
      await kafka.admin.ensureTopics([{ ...spec, partitions: 5 }]);
      const { clusterId, topics: described } = await kafka.admin.describe([name, kafka.topic, `${name}.missing`]);
      expect(clusterId).toMatch(/\S/);
      expect(described.find((each) => each.name === name)).toMatchObject({
        partitions: 2,
        retentionMs: 60_000,
        cleanupPolicy: 'delete',
      });
      expect(described.find((each) => each.name === kafka.topic)).toMatchObject({
        partitions: PARTITIONS,
        retentionMs: -1,
      });
      expect(described).toHaveLength(2);
      await kafka.admin.deleteTopics([name]);
    });

    it('tells a topic from another one that has its name later on', async () => {
      const name = `contract.${randomUUID()}`;
      const topicId = async (): Promise<string | null | undefined> =>
        (await kafka.admin.describe([name])).topics.find((each) => each.name === name)?.topicId;
      await kafka.admin.ensureTopics([{ name, partitions: 1 }]);
      const before = await topicId();
      expect(before).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(await topicId()).toBe(before);
      await kafka.admin.deleteTopics([name]);
      await eventually(async () => expect(await topicId()).toBeUndefined());
      await kafka.admin.ensureTopics([{ name, partitions: 1 }]);
      const after = await topicId();
      expect(after).toMatch(/^[0-9a-f]{8}-/);
      expect(after).not.toBe(before);
      const { clusterId } = await kafka.admin.describe([]);
      expect((await kafka.admin.describe([name])).clusterId).toBe(clusterId);
      await kafka.admin.deleteTopics([name]);
    });

    it('knows where the logs begin and end', async () => {
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1'), aRecord(kafka.topic, 'a', '2')]);
      // The partitions of a new topic that nothing was sent to may not be open yet.
      const offsets = await eventually(() => kafka.admin.offsets(kafka.topic));
      expect(offsets.map(({ earliest }) => earliest)).toEqual([0, 0, 0]);
      expect(offsets[partitionOf('a', PARTITIONS)]!.latest).toBe(2);
    });
  });
}
