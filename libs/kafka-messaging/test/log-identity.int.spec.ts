import { Poison } from '@codex/event-sourcing';
import { LogReplaced, type BatchConsumer, type DeadLetterJournal, type LogAdoptionFact } from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';

import { LogGuard } from '../src/consumer/log-guard';
import { history, RuntimeHarness, writeEffects, type TestDeclaration } from './runtime-harness';

const failure = { firstWaitMs: 20, lastWaitMs: 100 };

describe('the identity of the log', () => {
  let harness: RuntimeHarness;

  beforeEach(async () => {
    harness = await RuntimeHarness.start();
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  it('is stored beside the offsets: the cluster, the topic, and the era of its source', async () => {
    const consumer = start();
    await harness.publishRecords([inEra(2, 'Item-1', 1), inEra(3, 'Item-1', 2)]);
    await harness.untilVersions('Item-1', [1, 2]);
    const { clusterId, topics } = await described();
    const { rows } = await harness.pool.query('select consumer_group, topic, cluster_id, topic_id from inbox.logs');
    expect(rows).toEqual([
      {
        ...{ consumer_group: harness.group, topic: harness.topic },
        ...{ cluster_id: clusterId, topic_id: topics[0]!.topicId },
      },
    ]);
    const eras = await harness.pool.query(`select source_eras from inbox.offsets where source_eras <> '{}'`);
    expect(eras.rows).toEqual([{ source_eras: { '/codex/spec': 3 } }]);
    await harness.publishRecords([inEra(2, 'Item-1', 3)]);
    expect(await harness.untilParked(1)).toMatchObject([{ code: 'SOURCE_ERA_BEHIND', stream: 'Item-1', version: 3 }]);
    expect(consumer.health().state).toBe('running');
  });

  it('has an era for each source of a topic: one that was restored leaves the others alone', async () => {
    start();
    await harness.publishRecords([inEra(1, 'Item-1', 1, '/codex/one'), inEra(1, 'Item-1', 2, '/codex/two')]);
    await harness.publishRecords([inEra(2, 'Item-1', 3, '/codex/one'), inEra(1, 'Item-1', 4, '/codex/two')]);
    await harness.untilVersions('Item-1', [1, 2, 3, 4]);
    // Of the next member too: eras are stored, not only known.
    await harness.stopConsumers();
    start();
    await harness.publishRecords([inEra(1, 'Item-1', 5, '/codex/two'), inEra(1, 'Item-1', 6, '/codex/one')]);
    await harness.untilVersions('Item-1', [1, 2, 3, 4, 5]);
    expect(await harness.untilParked(1)).toMatchObject([{ code: 'SOURCE_ERA_BEHIND', version: 6 }]);
  });

  it('is another one when the topic was made anew: nothing is processed until an operator adopts it', async () => {
    const first = start();
    await harness.publish(history(['Item-1'], 3));
    await harness.untilVersions('Item-1', [1, 2, 3]);
    await first.stop();
    await recreateTopic();
    // As long as before and longer: offsets alone would not tell.
    await harness.publish(history(['Item-1'], 5));
    const refused = start();
    await untilState(refused, 'log-replaced');
    expect(refused.health()).toMatchObject({ healthy: false, processed: 0 });
    expect(refused.health().lastError).toMatch(
      /the log was replaced: .* has processed topic .* of cluster .*, and now/,
    );
    expect(await harness.versionsOf('Item-1')).toEqual([1, 2, 3]);
    expect((await refused.adoptLogs({ reason: 'Kafka was lost' })).logs).toMatchObject([{ topic: harness.topic }]);
    await harness.untilVersions('Item-1', [1, 2, 3, 4, 5]);
    await untilState(refused, 'running');
    expect(refused.health()).toMatchObject({ healthy: true, lastError: null });
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('is adopted with everything that was parked of the old one kept apart from the new one', async () => {
    const failing = new Set(['Item-bad@1', 'Item-gone@1']);
    const handle: TestDeclaration['handle'] = async (messages, tx) => {
      for (const { id } of messages) if (failing.has(id)) throw new Poison('BROKEN', id);
      await writeEffects(messages, tx);
    };
    const adopted: LogAdoptionFact[] = [];
    const journal: DeadLetterJournal = {
      record: () => Promise.resolve(),
      adopted: async (_tx, fact) => void adopted.push(fact),
    };
    const consumer = harness.consumer({ failure: { ...fastPolicy, ...failure }, handle }, journal);
    await harness.publish([...history(['Item-gone'], 1), ...history(['Item-bad'], 2)]);
    const letters = await harness.untilParked(2);
    await eventually(async () => expect((await letterOf('Item-bad')).queued).toBe(1));
    await consumer.deadLetters.discard(letters.find(({ stream }) => stream === 'Item-gone')!.id, 'spec');
    await consumer.stop();
    await recreateTopic();
    // The first record of its partition, as version 1 was in the old log.
    failing.add('Item-gone@2');
    await harness.publish([...history(['Item-gone'], 2).slice(1), ...history(['Item-bad'], 3)]);
    const next = harness.consumer({ failure: { ...fastPolicy, ...failure }, handle }, journal);
    await untilState(next, 'log-replaced');
    const adoption = await next.adoptLogs({ reason: 'Kafka was lost' });
    expect(adopted).toEqual([{ ...adoption, group: harness.group, reason: 'Kafka was lost', by: null }]);
    expect(adoption.logs).toMatchObject([{ topic: harness.topic, incarnation: 1 }]);
    // Twice on the same offset: what was discarded of the old log, and what is parked of the new one.
    await eventually(async () => {
      const both = (await harness.deadLetters()).filter(({ stream }) => stream === 'Item-gone');
      expect(both.map(({ status, version, offset }) => [status, version, offset]).sort()).toEqual([
        ...[
          ['discarded', 1, expect.any(String)],
          ['parked', 2, expect.any(String)],
        ],
      ]);
      expect(new Set(both.map(({ partition, offset }) => `${partition}@${offset}`)).size).toBe(1);
      expect((await letterOf('Item-bad')).queued).toBe(4);
    });
    failing.clear();
    expect(await next.deadLetters.redrive((await letterOf('Item-bad')).id)).toMatchObject({ status: 'released' });
    expect(await harness.versionsOf('Item-bad')).toEqual([1, 2, 3]);
    const again = (await harness.deadLetters()).find(({ version, status }) => version === 2 && status === 'parked');
    await next.deadLetters.redrive(again!.id);
    expect(await harness.versionsOf('Item-gone')).toEqual([2]);
  });

  it('is not adopted when it is the known one, or when what follows from it has to be built anew', async () => {
    const consumer = start();
    await expect(consumer.adoptLogs({ reason: 'nothing read yet' })).rejects.toMatchObject({ code: 'LOG_KNOWN' });
    await harness.publish(history(['Item-1'], 2));
    await harness.untilVersions('Item-1', [1, 2]);
    await expect(consumer.adoptLogs({ reason: 'by mistake' })).rejects.toMatchObject({ code: 'LOG_KNOWN' });
    const { rows } = await harness.pool.query('select sum(next_offset)::int as read from inbox.offsets');
    expect(rows).toEqual([{ read: 2 }]);
    await consumer.stop();
    await harness.pool.query(`update inbox.logs set cluster_id = 'another-cluster'`);
    const model = harness.consumer({ needsWholeLog: true });
    await expect(model.adoptLogs({ reason: 'spec' })).rejects.toMatchObject({ code: 'REBUILD_INSTEAD' });
  });

  it('is adopted, too, when it ends below what was processed, and only where it does', async () => {
    const first = start();
    await harness.publish(history(['Item-1', 'Item-2', 'Item-3', 'Item-4'], 2));
    await eventually(async () => expect(await harness.effects()).toHaveLength(8));
    await first.stop();
    await harness.pool.query('update inbox.offsets set next_offset = next_offset + 7 where next_offset > 0');
    const refused = start();
    await untilState(refused, 'log-behind');
    const { logs } = await refused.adoptLogs({ reason: 'Kafka came back from a backup' });
    expect(logs).toMatchObject([{ topic: harness.topic, processed: expect.stringMatching(/the log is behind/) }]);
    await harness.publish([{ stream: 'Item-1', version: 3 }]);
    await harness.untilVersions('Item-1', [1, 2, 3]);
    expect(await harness.effects()).toHaveLength(9);
  });

  it('is another one when the cluster is, and the same again when that one is back', async () => {
    const first = start();
    await harness.publish(history(['Item-1'], 1));
    await harness.untilVersions('Item-1', [1]);
    await first.stop();
    const { rows } = await harness.pool.query<{ cluster_id: string }>('select cluster_id from inbox.logs');
    await harness.pool.query(`update inbox.logs set cluster_id = 'another-cluster'`);
    const refused = start();
    await untilState(refused, 'log-replaced');
    await harness.publish([{ stream: 'Item-1', version: 2 }]);
    await harness.pool.query('update inbox.logs set cluster_id = $1', [rows[0]!.cluster_id]);
    await harness.untilVersions('Item-1', [1, 2]);
  });

  it.each([
    ['that holds something', 1],
    ['that is empty', 0],
  ])('is not enough: a log %s and ends below what was processed is refused', async (_, left) => {
    const first = start();
    await harness.publish(history(['Item-1'], 1 + left));
    await harness.untilVersions('Item-1', [1, 2].slice(0, 1 + left));
    await first.stop();
    const { rows } = await harness.pool.query('update inbox.offsets set next_offset = next_offset + 7 returning 1');
    expect(rows.length).toBeGreaterThan(0);
    const refused = start();
    await untilState(refused, 'log-behind');
    expect(refused.health().healthy).toBe(false);
    expect(refused.health().lastError).toMatch(/the log is behind: .* which ends at \d/);
  });

  it('is looked at again while a consumer runs', async () => {
    const replaced: string[] = [];
    const guard = new LogGuard({
      declaration: harness.declaration(),
      owner: 'spec',
      journal: { record: () => Promise.resolve(), adopted: () => Promise.resolve() },
      admin: () => harness.driver.admin(),
      onReplaced: () => replaced.push('replaced'),
    });
    await guard.look();
    await guard.claim([{ topic: harness.topic, partition: 0 }]);
    await guard.look();
    expect(replaced).toEqual([]);
    await recreateTopic();
    await guard.look();
    expect(replaced).toEqual(['replaced']);
    await harness.pool.query('update inbox.offsets set next_offset = 1');
    await expect(guard.claim([{ topic: harness.topic, partition: 0 }])).rejects.toThrow(LogReplaced);
    await guard.look();
    expect(replaced).toEqual(['replaced']);
  });

  function start(): BatchConsumer {
    return harness.consumer({ failure: { ...fastPolicy, ...failure } });
  }

  function untilState(consumer: BatchConsumer, state: string): Promise<unknown> {
    return eventually(() => expect(consumer.health().state).toBe(state));
  }

  function inEra(era: number, stream: string, version: number, source = '/codex/spec') {
    const record = harness.record(stream, version);
    return { ...record, headers: { ...record.headers, 'source-era': String(era), ce_source: source } };
  }

  async function letterOf(stream: string) {
    const letter = (await harness.deadLetters()).find((each) => each.stream === stream && each.status === 'parked');
    expect(letter).toBeDefined();
    return letter!;
  }

  async function described() {
    const admin = harness.driver.admin();
    try {
      return await admin.describe([harness.topic]);
    } finally {
      await admin.close();
    }
  }

  async function recreateTopic(): Promise<void> {
    const admin = harness.driver.admin();
    await admin.deleteTopics([harness.topic]);
    await eventually(async () => expect((await described()).topics).toEqual([]));
    await admin.ensureTopics([{ name: harness.topic, partitions: 3 }]);
    await admin.close();
  }
});

const fastPolicy = {
  rules: {
    refusal: { answer: 'park' },
    poison: { answer: 'park' },
    conflict: { answer: 'retry', attempts: 5 },
    transient: { answer: 'wait' },
  },
} as const;
