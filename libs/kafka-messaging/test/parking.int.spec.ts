import { Refusal } from '@codex/event-sourcing';
import { DeadLetterNotParked, listDeadLetters, partitionOf } from '@codex/kafka-messaging';
import { eventually } from '@codex/testing';

import {
  history,
  PARTITIONS,
  RuntimeHarness,
  writeEffects,
  type Effect,
  type TestDeclaration,
} from './runtime-harness';

class TooSmall extends Refusal {
  readonly code = 'TOO_SMALL';
}

describe('parking what can never be processed', () => {
  let harness: RuntimeHarness;
  let failing: Map<string, Error>;
  let handle: TestDeclaration['handle'];

  beforeEach(async () => {
    harness = await RuntimeHarness.start();
    failing = new Map();
    handle = async (messages, tx) => {
      await writeEffects(messages, tx);
      for (const { id } of messages) {
        const failure = failing.get(id);
        if (failure !== undefined) throw failure;
      }
    };
  });
  afterEach(() => harness[Symbol.asyncDispose]());

  const others = Array.from({ length: 12 }, (_, i) => `Item-${i}`);
  const bad = 'Item-bad';

  it('parks the entity of a failing handler and lets all others pass', async () => {
    failing.set(`${bad}@2`, new TooSmall('no'));
    const consumer = harness.consumer({ handle });
    await harness.publish(history([...others, bad], 4));
    for (const stream of others) await harness.untilVersions(stream, [1, 2, 3, 4]);
    expect(await harness.versionsOf(bad)).toEqual([1]);
    const letter = await harness.untilQueued(2);
    expect(letter).toMatchObject({
      group: harness.group,
      topic: harness.topic,
      stream: bad,
      version: 2,
      type: 'Happened',
      messageId: `${bad}@2`,
      code: 'TOO_SMALL',
      reason: 'TooSmall: no',
      status: 'parked',
      count: 1,
      queued: 2,
    });
    expect(letter.failureGroup).toMatch(/^TOO_SMALL~libs\.kafka-messaging\.test\.parking\.int\.spec~/);
    expect(consumer.health()).toMatchObject({ state: 'running', healthy: true, parked: 1 });
  });

  it('redrives a parked message and then its queue, in order', async () => {
    failing.set(`${bad}@2`, new Error('bug'));
    const consumer = harness.consumer({ handle });
    await harness.publish(history([bad], 5));
    const [letter] = await harness.untilParked(1);
    await harness.untilQueued(3);
    expect(await consumer.deadLetters.redrive(letter!.id)).toEqual({
      status: 'parked',
      released: 0,
      parkedBy: letter!.id,
    });
    expect((await harness.deadLetters())[0]).toMatchObject({ status: 'parked', count: 2, code: 'UNEXPECTED_ERROR' });
    failing.clear();
    expect(await consumer.deadLetters.redrive(letter!.id)).toEqual({
      status: 'released',
      released: 4,
      parkedBy: null,
    });
    await harness.publish([{ stream: bad, version: 6 }]);
    await harness.untilVersions(bad, [1, 2, 3, 4, 5, 6]);
    expect((await harness.deadLetters())[0]).toMatchObject({ status: 'redriven', queued: 0 });
    await expect(consumer.deadLetters.redrive(letter!.id)).rejects.toThrow(DeadLetterNotParked);
  });

  it('stops a release at the next message that fails, and keeps what is behind it', async () => {
    failing.set(`${bad}@2`, new Error('one'));
    failing.set(`${bad}@4`, new Error('two'));
    const consumer = harness.consumer({ handle });
    await harness.publish(history([bad], 6));
    const [first] = await harness.untilParked(1);
    await harness.untilQueued(4);
    failing.delete(`${bad}@2`);
    const result = await consumer.deadLetters.redrive(first!.id);
    expect(result).toMatchObject({ status: 'parked', released: 2 });
    expect(await harness.versionsOf(bad)).toEqual([1, 2, 3]);
    expect((await harness.untilParked(1))[0]).toMatchObject({ id: result.parkedBy, version: 4, queued: 2 });
    failing.clear();
    await consumer.deadLetters.redrive(result.parkedBy!);
    expect(await harness.versionsOf(bad)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('discards with a reason: the version counts as dealt with', async () => {
    failing.set(`${bad}@2`, new Error('bug'));
    const consumer = harness.consumer({ handle });
    await harness.publish(history([bad], 3));
    const [letter] = await harness.untilParked(1);
    await harness.untilQueued(1);
    await consumer.deadLetters.discard(letter!.id, 'a test event');
    await harness.publish([{ stream: bad, version: 4 }]);
    await harness.untilVersions(bad, [1, 3, 4]);
    expect((await harness.deadLetters())[0]).toMatchObject({ status: 'discarded', resolution: 'a test event' });
  });

  it('keeps the order when messages keep arriving during a redrive', async () => {
    failing.set(`${bad}@2`, new Error('bug'));
    const consumer = harness.consumer({ handle, maxMessages: 3 });
    await harness.publish(history([bad], 2));
    const [letter] = await harness.untilParked(1);
    failing.clear();
    const rest = history([bad], 120).slice(2);
    const publishing = (async () => {
      for (let i = 0; i < rest.length; i += 10) await harness.publish(rest.slice(i, i + 10));
    })();
    await eventually(async () => expect((await harness.untilParked(1))[0]!.queued).toBeGreaterThan(5));
    await consumer.deadLetters.redrive(letter!.id);
    await publishing;
    await harness.untilVersions(
      bad,
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
  });

  it('lets a redrive wait for a batch that is queueing behind the same entity', async () => {
    const blocking = sameBatchAs(bad);
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let blocked = false;
    failing.set(`${bad}@1`, new Error('bug'));
    const consumer = harness.consumer({
      handle: async (messages, tx) => {
        if (messages.some(({ stream }) => stream === blocking)) {
          blocked = true;
          await held;
        }
        return handle(messages, tx);
      },
    });
    await harness.publish([{ stream: bad, version: 1 }]);
    const [letter] = await harness.untilParked(1);
    failing.clear();
    await harness.publish([
      { stream: bad, version: 2 },
      { stream: blocking, version: 1 },
    ]);
    await eventually(() => blocked);
    const redriving = consumer.deadLetters.redrive(letter!.id);
    const waiting = eventually(async () => {
      const { rows } = await harness.pool.query(`select from pg_locks where not granted`);
      return rows.length > 0;
    });
    await Promise.race([redriving, waiting]);
    release();
    await redriving;
    await harness.untilVersions(bad, [1, 2]);
  });

  it('goes on with a release that crashed half-way', async () => {
    failing.set(`${bad}@1`, new Error('bug'));
    const first = harness.consumer({ handle });
    await harness.publish(history([bad], 3));
    const [letter] = await harness.untilParked(1);
    await harness.untilQueued(2);
    await first.stop();
    failing.clear();
    // What a redrive leaves behind that ended after its first step.
    await harness.pool.query(`update inbox.parked_streams set dead_letter_id = null where dead_letter_id = $1`, [
      letter!.id,
    ]);
    await harness.pool.query(`insert into inbox.guards values ($1, $2, 1, 'Item-bad@1')`, [harness.group, bad]);
    harness.consumer({ handle });
    await harness.untilVersions(bad, [2, 3]);
  });

  it('parks a gap and another event under a known version', async () => {
    harness.consumer();
    await harness.publish([
      { stream: 'Item-gap', version: 1 },
      { stream: 'Item-gap', version: 3 },
      { stream: 'Item-late', version: 2 },
    ]);
    const reused = harness.record('Item-reused', 1);
    await harness.publishRecords([reused, { ...reused, headers: { ...reused.headers, ce_id: 'another' } }]);
    const letters = await harness.untilParked(3);
    expect(Object.fromEntries(letters.map(({ stream, code }) => [stream, code]))).toEqual({
      'Item-gap': 'VERSION_GAP',
      'Item-late': 'VERSION_GAP',
      'Item-reused': 'VERSION_REUSED',
    });
    expect(await harness.versionsOf('Item-gap')).toEqual([1]);
  });

  it('advances the guard over types that nobody handles', async () => {
    harness.consumer();
    await harness.publish([
      { stream: 'Item-1', version: 1, type: 'Ignored' },
      { stream: 'Item-1', version: 2 },
      { stream: 'Item-1', version: 3, type: 'Ignored' },
      { stream: 'Item-1', version: 4 },
    ]);
    await harness.untilVersions('Item-1', [2, 4]);
    expect(await harness.deadLetters()).toEqual([]);
  });

  it('parks corrupt bytes of every sort, and only their entities', async () => {
    const good = harness.record(bad, 1);
    const { ce_type: _type, ...untyped } = harness.record('Item-untyped', 1).headers;
    const unknown = harness.record('Item-unknown', 1);
    harness.consumer();
    await harness.publishRecords([
      { ...good, value: Buffer.from('garbage') },
      { ...harness.record('Item-null', 1), value: null },
      { ...harness.record('Item-short', 1), value: Buffer.from([0, 0]) },
      { ...harness.record('Item-untyped', 1), headers: untyped },
      { ...unknown, headers: { ...unknown.headers, ce_dataschema: 'urn:codex:schema:99:spec.Unknown' } },
      { ...harness.record('Item-zero', 1), headers: { 'x\0y': 'z\0', ce_subject: 'Item-\0zero' } },
      { topic: harness.topic, key: '', value: null, headers: {} },
      ...history(others, 1).map(({ stream, version }) => harness.record(stream, version)),
    ]);
    const letters = await harness.untilParked(7);
    expect(letters.map(({ stream, code }) => `${stream} ${code}`.replace(/@\d+/, '')).sort()).toEqual(
      [
        `${bad} MESSAGE_BODY_INVALID`,
        'Item-null MESSAGE_BODY_INVALID',
        'Item-short MESSAGE_BODY_INVALID',
        'Item-untyped MESSAGE_HEADERS_INVALID',
        'Item-unknown UNKNOWN_SCHEMA',
        'Item-zero MESSAGE_HEADERS_INVALID',
        expect.stringMatching(/^events\..*MESSAGE_HEADERS_INVALID$/),
      ].sort(),
    );
    for (const stream of others) await harness.untilVersions(stream, [1]);
    const { rows } = await harness.pool.query(`select value from inbox.dead_letters where stream = $1`, [bad]);
    expect(String(rows[0].value)).toBe('garbage');
  });

  it('discards a corrupt event so that its stream goes on behind it', async () => {
    const consumer = harness.consumer();
    await harness.publishRecords([
      { ...harness.record(bad, 1), value: Buffer.from('garbage') },
      harness.record(bad, 2),
    ]);
    const [letter] = await harness.untilParked(1);
    await harness.untilQueued(1);
    await consumer.deadLetters.discard(letter!.id, 'corrupt');
    await harness.untilVersions(bad, [2]);
  });

  it('parks commands by topic and stream, without any guard', async () => {
    let failures = 1;
    const consumer = harness.consumer({
      handle: async (messages, tx) => {
        if (messages.some(({ stream }) => stream === bad) && failures-- > 0) throw new Error('bug');
        await writeEffects(
          messages.map((each) => ({ ...each, version: Number(each.offset) })),
          tx,
        );
      },
      maxMessages: 1,
    });
    await harness.publishRecords([bad, bad, 'Item-1', 'Item-1'].map((stream) => harness.record(stream, null)));
    const [letter] = await harness.untilParked(1);
    expect(letter).toMatchObject({ stream: bad, version: null });
    await eventually(async () => expect(await harness.versionsOf('Item-1')).toHaveLength(2));
    await consumer.deadLetters.redrive(letter!.id);
    const versions: number[] = await harness.versionsOf(bad);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(versions).toHaveLength(2);
  });

  it('lists by group, status and failure group, newest first, in pages', async () => {
    const events: Effect[] = ['Item-a', 'Item-b', 'Item-c'].map((stream) => ({ stream, version: 2 }));
    harness.consumer();
    for (const event of events) {
      await harness.publish([event]);
      await harness.untilParked(events.indexOf(event) + 1);
    }
    const failureGroup = 'VERSION_GAP~libs.kafka-messaging.src.consumer.batch-plan~versionFailure';
    const page = await listDeadLetters(harness.pool, { status: 'parked', failureGroup, limit: 2 });
    expect(page.map(({ stream }) => stream)).toEqual(['Item-c', 'Item-b']);
    const next = await listDeadLetters(harness.pool, { group: harness.group, before: page[1]!.id });
    expect(next.map(({ stream }) => stream)).toEqual(['Item-a']);
    expect(await listDeadLetters(harness.pool, { group: 'nobody' })).toEqual([]);
  });
});

/** A stream on the same partition, so that records sent together are fetched together. */
function sameBatchAs(stream: string): string {
  const partition = partitionOf(stream, PARTITIONS);
  for (let i = 0; ; i++) if (partitionOf(`Item-block-${i}`, PARTITIONS) === partition) return `Item-block-${i}`;
}
