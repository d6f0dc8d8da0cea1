import type { KafkaAdmin, KafkaDriver, TopicDescription } from '@codex/kafka-messaging';
import { TopicPlaces } from '@codex/contracts/topic-places';
import { createLogger } from '../logging/logger';
import { StartRefused } from '../service/lifecycle';
import { requireTopics } from './topic-check';

const keeps = { topicId: null, partitions: 12, retentionMs: -1, cleanupPolicy: 'delete' };
const forgets = { ...keeps, retentionMs: 604_800_000 };

function cluster(...topics: TopicDescription[]): { driver: KafkaDriver; closed: () => number } {
  let closed = 0;
  const admin: Partial<KafkaAdmin> = {
    describe: async () => ({ clusterId: 'c', topics }),
    close: async () => void closed++,
  };
  return { driver: { admin: () => admin as KafkaAdmin } as Partial<KafkaDriver> as KafkaDriver, closed: () => closed };
}

function check(driver: KafkaDriver, allowed = false, lines: string[] = []): Promise<void> {
  const logger = createLogger('test', 'info', { write: (line) => void lines.push(line) });
  return requireTopics(driver, ['a.events.v1', 'a.commands.v1'], {
    allowFiniteRetention: allowed,
    logger,
    topics: new TopicPlaces(),
  });
}

const commands = { ...forgets, name: 'a.commands.v1' };

describe('the topics of a service', () => {
  it('are fine when events are kept for ever; commands may go', async () => {
    const { driver, closed } = cluster({ ...keeps, name: 'a.events.v1' }, commands);
    await check(driver);
    expect(closed()).toBe(1);
  });

  it('are waited for when they are missing', async () => {
    const { driver, closed } = cluster(commands);
    await expect(check(driver)).rejects.toMatchObject({ kind: 'transient' });
    expect(closed()).toBe(1);
  });

  it.each([
    ['forgets', forgets],
    ['is compacted', { ...keeps, cleanupPolicy: 'compact' }],
  ])('end the start when an event topic %s', async (_, topic) => {
    const { driver } = cluster({ ...topic, name: 'a.events.v1' }, commands);
    await expect(check(driver)).rejects.toThrow(StartRefused);
  });

  it('end the start when a moved topic has other partitions than it should', async () => {
    const topics = TopicPlaces.parse('project.events.v1.p24:24');
    const { driver } = cluster({ ...keeps, name: 'project.events.v1.p24' });
    const logger = createLogger('test', 'silent');
    const rules = { allowFiniteRetention: false, logger, topics };
    const checked = requireTopics(driver, ['project.events.v1.p24'], rules);
    await expect(checked).rejects.toThrow('has 12 partitions, and KAFKA_TOPICS or the catalogue says 24');
  });

  it('may forget when the configuration says so, and that is logged', async () => {
    const lines: string[] = [];
    const { driver } = cluster({ ...forgets, name: 'a.events.v1' }, commands);
    await check(driver, true, lines);
    expect(lines.join()).toContain('a.events.v1');
  });
});
