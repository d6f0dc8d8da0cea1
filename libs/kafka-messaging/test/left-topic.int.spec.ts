import { Poison } from '@codex/event-sourcing';
import { LogLeft, type BatchConsumer, type DeadLetterFact } from '@codex/kafka-messaging';
import { createTestTopics, eventually } from '@codex/testing';

import { LogGuard } from '../src/consumer/log-guard';
import { history, RuntimeHarness, writeEffects } from './runtime-harness';

const NAME = 'items.events.v1';

describe('a topic that took the place of another', () => {
  let harness: RuntimeHarness;
  let made: readonly Awaited<ReturnType<typeof createTestTopics<typeof NAME>>>[];
  let former: string;
  let next: string;

  beforeEach(async () => {
    harness = await RuntimeHarness.start();
    made = await Promise.all([3, 5].map((partitions) => createTestTopics([NAME] as const, { partitions })));
    [former, next] = made.map(({ topics }) => topics[NAME]) as [string, string];
  });
  afterEach(async () => {
    await harness[Symbol.asyncDispose]();
    await Promise.all(made.map((each) => each.dispose()));
  });

  it('is read from its beginning by one side only: who reads the other one is fenced, also in the middle', async () => {
    const old = consumerOf(former);
    await publish(former, history(['Item-1', 'Item-2'], 3));
    await harness.untilVersions('Item-2', [1, 2, 3]);
    const facts: DeadLetterFact[] = [];
    await guardOf(next, facts).claim([{ topic: next, partition: 0 }]);
    await publish(former, [{ stream: 'Item-1', version: 4 }]);
    await eventually(() => expect(old.health()).toMatchObject({ state: 'log-left', healthy: false }), WITHIN);
    expect(await harness.versionsOf('Item-1')).toEqual([1, 2, 3]);
    await old.stop();
    await expect(guardOf(former).claim([{ topic: former, partition: 2 }])).rejects.toThrow(LogLeft);

    consumerOf(next);
    await publish(next, history(['Item-1', 'Item-2'], 5));
    await harness.untilVersions('Item-1', [1, 2, 3, 4, 5]);
    await harness.untilVersions('Item-2', [1, 2, 3, 4, 5]);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('brings what was parked once more, in order, and the letter of before is settled', async () => {
    const failing = { on: true };
    const handle = async (...[messages, tx]: Parameters<typeof writeEffects>): Promise<void> => {
      if (failing.on && messages.some(({ version }) => version === 2)) throw new Poison('NO_TWOS', 'no');
      await writeEffects(messages, tx);
    };
    const old = harness.consumer({ topics: [former], handle });
    await publish(former, history(['Item-1'], 4));
    const letter = await harness.untilQueued(2);
    await old.stop();
    failing.on = false;
    const facts: DeadLetterFact[] = [];
    await guardOf(next, facts).claim([{ topic: next, partition: 0 }]);
    expect(facts).toMatchObject([
      {
        ...{ what: 'redriven', id: letter.id, reason: `comes again from ${next}`, by: null },
        ...{
          origin: { topic: former, entity: 'Item-1', version: 2, tenantId: 'tenant' },
          failure: { code: 'NO_TWOS' },
        },
      },
    ]);
    harness.consumer({ topics: [next], handle });
    await publish(next, history(['Item-1'], 5));
    await harness.untilVersions('Item-1', [1, 2, 3, 4, 5]);
    expect(await harness.deadLetters()).toMatchObject([{ id: letter.id, status: 'redriven', queued: 0 }]);
  });

  it('is not mistaken for it by a group that never read the other one', async () => {
    await guardOf(next).claim([{ topic: next, partition: 0 }]);
    await expect(guardOf(former).claim([{ topic: former, partition: 0 }])).resolves.toHaveLength(1);
    await expect(guardOf(next).claim([{ topic: next, partition: 1 }])).rejects.toThrow(LogLeft);
    await expect(guardOf(NAME).claim([{ topic: NAME, partition: 0 }])).rejects.toThrow(LogLeft);
  });

  const WITHIN = { timeoutMs: 30_000 };

  function consumerOf(topic: string): BatchConsumer {
    return harness.consumer({ topics: [topic] });
  }

  function guardOf(topic: string, facts: DeadLetterFact[] = []): LogGuard<never> {
    return new LogGuard({
      declaration: harness.declaration({ topics: [topic] }),
      owner: 'another replica',
      journal: { record: async (_tx, more) => void facts.push(...more), adopted: () => Promise.resolve() },
      admin: () => harness.driver.admin(),
      onReplaced: () => undefined,
    }) as unknown as LogGuard<never>;
  }

  function publish(topic: string, events: ReturnType<typeof history>): Promise<void> {
    return harness.publishRecords(events.map(({ stream, version }) => ({ ...harness.record(stream, version), topic })));
  }
});
