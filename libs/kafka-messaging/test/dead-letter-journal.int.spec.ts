import { Poison } from '@codex/event-sourcing';
import type { BatchConsumer, DeadLetterFact, DeadLetterJournal } from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';

import { history, RuntimeHarness, writeEffects } from './runtime-harness';

const WITHIN_MS = 20_000;

describe('the journal of dead letters', () => {
  let harness: RuntimeHarness;
  let facts: DeadLetterFact[];
  let failing: Set<string>;
  let refuses: boolean;
  let consumer: BatchConsumer;

  const journal: DeadLetterJournal = {
    record: async (tx, some) => {
      if (refuses) throw new Error('the journal can not be written');
      await tx.query('insert into effects (stream, version) select $1, 0', [`journal ${some.length}`]);
      facts.push(...some);
    },
    adopted: () => Promise.reject(new Error('nothing is adopted here')),
  };
  const by = { commandId: uuidv7(), tenantId: uuidv7(), actor: 'op', correlationId: 'c', causationId: 'c', now: '' };

  beforeEach(async () => {
    harness = await RuntimeHarness.start();
    [facts, failing, refuses] = [[], new Set(), false];
    consumer = harness.consumer(
      {
        handle: async (messages, tx) => {
          await writeEffects(messages, tx);
          for (const { id } of messages) if (failing.has(id)) broken(id);
        },
      },
      journal,
    );
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  it('hears of every act with origin, failure, attempts, and the operator with the reason', async () => {
    failing.add('Item-a@1').add('Item-b@1');
    await harness.publish(history(['Item-a', 'Item-b'], 2));
    const letters = await harness.untilParked(2);
    const idOf = (stream: string) => letters.find((letter) => letter.stream === stream)!.id;
    await consumer.deadLetters.redrive(idOf('Item-a'), { reason: 'again', by });
    failing.clear();
    await consumer.deadLetters.redrive(idOf('Item-a'), { by });
    await consumer.deadLetters.discard(idOf('Item-b'), 'not needed', by);
    const of = (stream: string) => facts.filter(({ origin }) => origin.entity === stream);
    expect(of('Item-a')).toMatchObject([
      { what: 'parked', failure: { code: 'BROKEN', attempts: 1 }, by: null, reason: null },
      { what: 'parked', failure: { code: 'BROKEN', attempts: 2 }, by, reason: 'again' },
      { what: 'redriven', failure: { code: 'BROKEN', attempts: 2 }, by, reason: null },
    ]);
    expect(of('Item-b')).toMatchObject([{ what: 'parked' }, { what: 'discarded', by, reason: 'not needed' }]);
    expect(of('Item-b')[0]).toMatchObject({
      id: idOf('Item-b'),
      group: harness.group,
      origin: { topic: harness.topic, version: 1, type: 'Happened', messageId: 'Item-b@1', tenantId: 'tenant' },
    });
    const [discarded] = (await harness.deadLetters()).filter(({ status }) => status === 'discarded');
    expect(discarded).toMatchObject({ resolution: 'not needed', resolvedBy: 'op' });
  });

  it('is written with the act or not at all', async () => {
    failing.add('Item-a@1');
    await harness.publish(history(['Item-a'], 1));
    const [letter] = await harness.untilParked(1);
    refuses = true;
    await expect(consumer.deadLetters.discard(letter!.id, 'x')).rejects.toThrow('can not be written');
    expect(await harness.untilParked(1)).toMatchObject([{ id: letter!.id, resolution: null }]);
    failing.add('Item-b@1');
    await harness.publish(history(['Item-b'], 1));
    await eventually(() => expect(consumer.health().state).toBe('waiting'));
    expect(await harness.untilParked(1)).toHaveLength(1);
    refuses = false;
    await harness.untilParked(2);
  });

  it('hears of all that one batch parked at once', async () => {
    const streams = Array.from({ length: 20 }, (_, i) => `Item-${i}`);
    await harness.publish(streams.map((stream) => ({ stream, version: 2 })));
    await harness.untilParked(20);
    const calls = (await harness.effects()).filter(({ stream }) => stream.startsWith('journal'));
    expect(calls.length).toBeLessThanOrEqual(5);
    expect(facts).toHaveLength(20);
  });

  it('settles a failure group: what fails again stays, what has another cause is left alone', async () => {
    const streams = ['Item-a', 'Item-b', 'Item-c'];
    for (const stream of streams) failing.add(`${stream}@1`);
    await harness.publish([...history(streams, 2), { stream: 'Item-gap', version: 5 }]);
    const letters = await harness.untilParked(4);
    const failureGroup = letters.find(({ stream }) => stream === 'Item-a')!.failureGroup;
    expect(letters.filter((letter) => letter.failureGroup === failureGroup)).toHaveLength(3);
    failing.delete('Item-a@1');
    const desk = consumer.deadLetters;
    const redriven = await desk.redriveGroup(failureGroup, { by, reason: 'fixed?' }, WITHIN_MS);
    expect(redriven).toEqual({ settled: 1, parkedAgain: 2, remaining: 2 });
    await harness.untilVersions('Item-a', [1, 2]);
    expect(await desk.redriveGroup(failureGroup, { by }, 0)).toEqual({ settled: 0, parkedAgain: 0, remaining: 2 });
    const discarded = await desk.discardGroup(failureGroup, { by, reason: 'no' }, WITHIN_MS);
    expect(discarded).toEqual({ settled: 2, parkedAgain: 0, remaining: 0 });
    await harness.untilVersions('Item-b', [2]);
    expect(await harness.untilParked(1)).toMatchObject([{ stream: 'Item-gap' }]);
    expect(await desk.redriveGroup('nothing', { by }, WITHIN_MS)).toEqual({
      ...{ settled: 0, parkedAgain: 0, remaining: 0 },
    });
  });
});

function broken(id: string): never {
  throw new Poison('BROKEN', `${id} is broken`);
}
