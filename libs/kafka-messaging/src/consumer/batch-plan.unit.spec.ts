import { Poison } from '@codex/event-sourcing';
import fc from 'fast-check';

import type { ConsumedMessage } from '../record/consumed-message';
import type { BatchItem } from './batch-item';
import { parkingKey, planBatch, type Guard, type InboxState } from './batch-plan';
import { ANY_SOURCE } from './source-eras';

const partition = { topic: 't', partition: 0, log: 0 };
const rules = { guard: true, wants: (type: string) => type !== 'Ignored' };

function item(
  stream: string,
  version: number | null,
  overrides: Partial<BatchItem> & { id?: string; type?: string } = {},
): BatchItem {
  const { id = `${stream}@${version}`, type = 'Happened', ...rest } = overrides;
  const message = {
    stream,
    version,
    id,
    type,
    kind: version === null ? 'command' : 'event',
  } as unknown as ConsumedMessage;
  const record = { offset: 0, key: null, value: null, headers: {}, timestamp: 0 };
  return { record, partition, entity: stream, message, failure: null, ...rest };
}

function inbox(guards: Record<string, Guard> = {}, parked: string[] = []): InboxState {
  return { guards: new Map(Object.entries(guards)), parked: new Set(parked.map((stream) => parkingKey('t', stream))) };
}

function outcome(
  items: readonly BatchItem[],
  state = inbox(),
  options: Partial<Parameters<typeof planBatch>[2]> = {},
): object {
  const plan = planBatch(items, state, { rules, ...options });
  return {
    deliver: plan.deliver.map(({ id }) => id),
    guards: Object.fromEntries([...plan.guards].map(([stream, { version }]) => [stream, version])),
    park: plan.park.map(
      ({ item: { message }, failure }) =>
        `${message?.id} ${failure instanceof Poison ? failure.code : failure.message}`,
    ),
    queue: plan.queue.map(({ message }) => message?.id),
  };
}

const at = (version: number, eventId = `A@${version}`): Guard => ({ version, eventId });

describe('the plan of a batch', () => {
  it('delivers the next versions of each stream in order', () => {
    expect(outcome([item('A', 1), item('B', 1), item('A', 2)])).toEqual({
      deliver: ['A@1', 'B@1', 'A@2'],
      guards: { A: 2, B: 1 },
      park: [],
      queue: [],
    });
  });

  it('skips lower versions, and the same event again', () => {
    expect(outcome([item('A', 2), item('A', 3), item('A', 4), item('A', 4)], inbox({ A: at(3) }))).toEqual({
      deliver: ['A@4'],
      guards: { A: 4 },
      park: [],
      queue: [],
    });
  });

  it('takes only version 1 for the first', () => {
    expect(outcome([item('A', 2)])).toEqual({ deliver: [], guards: {}, park: ['A@2 VERSION_GAP'], queue: [] });
  });

  it('parks a gap and queues what follows, but only of that entity', () => {
    expect(outcome([item('A', 3), item('A', 4), item('B', 1)], inbox({ A: at(1) }))).toEqual({
      deliver: ['B@1'],
      guards: { B: 1 },
      park: ['A@3 VERSION_GAP'],
      queue: ['A@4'],
    });
  });

  it('parks another event under the same version', () => {
    expect(outcome([item('A', 3, { id: 'other' })], inbox({ A: at(3) }))).toMatchObject({
      park: ['other VERSION_REUSED'],
    });
  });

  it('queues everything of a parked entity that is not seen yet', () => {
    expect(outcome([item('A', 3), item('A', 4), item('A', 5)], inbox({ A: at(3) }, ['A']))).toEqual({
      deliver: [],
      guards: {},
      park: [],
      queue: ['A@4', 'A@5'],
    });
  });

  it('advances the guard over types nobody handles', () => {
    expect(outcome([item('A', 1, { type: 'Ignored' }), item('A', 2)])).toMatchObject({
      deliver: ['A@2'],
      guards: { A: 2 },
    });
  });

  it('parks what can’t be read, unless it was dealt with before', () => {
    const failure = new Poison('MESSAGE_BODY_INVALID', 'x');
    expect(outcome([item('A', 2, { failure })], inbox({ A: at(1) }))).toMatchObject({
      park: ['A@2 MESSAGE_BODY_INVALID'],
      guards: {},
    });
    expect(outcome([item('A', 2, { failure })], inbox({ A: at(5) }))).toMatchObject({ park: [] });
    expect(outcome([item('x', 1, { message: null, failure })])).toMatchObject({
      park: ['undefined MESSAGE_BODY_INVALID'],
    });
  });

  it('parks the culprit with its reason', () => {
    const items = [item('A', 1), item('A', 2), item('A', 3)];
    const culprit = { item: items[1]!, reason: new Error('bug') };
    expect(outcome(items, inbox(), { culprit })).toEqual({
      deliver: ['A@1'],
      guards: { A: 1 },
      park: ['A@2 bug'],
      queue: ['A@3'],
    });
  });

  describe('eras', () => {
    const place = { ...partition, eras: new Map([['/one', 2]]) };
    const of = (source: string, sourceEra: number | undefined, stream: string, version = 1): BatchItem => {
      const { message, ...rest } = item(stream, version, { partition: place });
      return { ...rest, message: { ...message!, source, sourceEra } };
    };
    const outcomeOf = (items: readonly BatchItem[], state = inbox()) => {
      const plan = planBatch(items, state, { rules });
      return {
        deliver: plan.deliver.map(({ id }) => id),
        park: plan.park.map(({ item: { entity }, failure }) => `${entity} ${(failure as Poison).code}`),
        eras: [...plan.eras].map(([{ partition: no }, begun]) => [no, Object.fromEntries(begun)]),
      };
    };

    it('are noted, and what is new of one that is over is parked', () => {
      const events = [of('/one', 2, 'A'), of('/one', 1, 'B'), of('/one', 1, 'C', 3), of('/one', 3, 'D')];
      const items = [...events, of('/one', 2, 'E'), of('/one', undefined, 'F')];
      expect(outcomeOf(items, inbox({ C: at(3, 'C@3') }))).toEqual({
        deliver: ['A@1', 'D@1', 'F@1'],
        park: ['B SOURCE_ERA_BEHIND', 'E SOURCE_ERA_BEHIND'],
        eras: [[0, { '/one': 3 }]],
      });
    });

    it('are of one source: another one on the same partition goes on in its own', () => {
      expect(outcomeOf([of('/one', 3, 'A'), of('/two', 1, 'B'), of('/two', 1, 'C'), of('/one', 2, 'D')])).toEqual({
        deliver: ['A@1', 'B@1', 'C@1'],
        park: ['D SOURCE_ERA_BEHIND'],
        eras: [[0, { '/one': 3, '/two': 1 }]],
      });
    });

    it('leave nothing to store while every source stays in the one it is in', () => {
      expect(outcomeOf([of('/one', 2, 'A'), of('/one', 2, 'B')])).toMatchObject({ eras: [] });
    });

    it('hold for every source when they were stored for the partition as a whole', () => {
      const before = { ...place, eras: new Map([[ANY_SOURCE, 2]]) };
      const items = [of('/one', 1, 'A'), of('/one', 3, 'B')].map((each) => ({ ...each, partition: before }));
      expect(outcomeOf(items)).toEqual({
        deliver: ['B@1'],
        park: ['A SOURCE_ERA_BEHIND'],
        eras: [[0, { '/one': 3 }]],
      });
    });

    it('are not checked when an operator has a message processed again', () => {
      const { eras: _checked, ...unchecked } = place;
      expect(outcomeOf([{ ...of('/one', 1, 'B'), partition: unchecked }])).toEqual({
        ...{ deliver: ['B@1'], park: [], eras: [] },
      });
    });
  });

  it('never guards commands and replies', () => {
    expect(outcome([item('A', null), item('A', null)])).toEqual({
      deliver: ['A@null', 'A@null'],
      guards: {},
      park: [],
      queue: [],
    });
  });

  it('guards nothing when the consumer does not ask for it', () => {
    const plan = outcome([item('A', 7), item('A', 7)], inbox(), { rules: { ...rules, guard: false } });
    expect(plan).toMatchObject({ deliver: ['A@7', 'A@7'], guards: {} });
  });

  it('gives the same result however a log with repeats is cut into batches', () => {
    const log = fc.array(fc.record({ stream: fc.constantFrom('A', 'B', 'C'), back: fc.nat(3) }), { maxLength: 60 });
    fc.assert(
      fc.property(log, fc.integer({ min: 1, max: 9 }), (steps, size) => {
        const heads = new Map<string, number>();
        const items = steps.flatMap(({ stream, back }) => {
          const head = (heads.get(stream) ?? 0) + 1;
          heads.set(stream, head);
          const first = Math.max(1, head - back);
          return Array.from({ length: head - first + 1 }, (_, i) => item(stream, first + i));
        });
        const guards: Record<string, Guard> = {};
        const delivered: string[] = [];
        for (let i = 0; i < items.length; i += size) {
          const plan = planBatch(items.slice(i, i + size), inbox(guards), { rules });
          Object.assign(guards, Object.fromEntries(plan.guards));
          delivered.push(...plan.deliver.map(({ id }) => id));
          expect(plan.park).toEqual([]);
        }
        for (const [stream, head] of heads) {
          const own = delivered.filter((id) => id.startsWith(stream));
          expect(own).toEqual(Array.from({ length: head }, (_, i) => `${stream}@${i + 1}`));
        }
      }),
    );
  });
});
