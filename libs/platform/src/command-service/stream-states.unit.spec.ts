import { PersistentSet, type RecordedEvent } from '@codex/event-sourcing';
import { InMemoryEventStore, aNewEvent, jsonCodec, TEST_TENANT } from '@codex/event-sourcing/testing';
import { StreamStates } from './stream-states';

interface Box {
  readonly things: PersistentSet;
  readonly counts: ReadonlyMap<string, number>;
  readonly last: string | undefined;
}

const boxDecider = {
  category: 'Box',
  initialState: (): Box => ({ things: PersistentSet.empty, counts: new Map(), last: undefined }),
  evolve: ({ things, counts }: Box, { data }: RecordedEvent): Box => {
    const { thing } = data as { thing: string };
    return { things: things.add(thing), counts: new Map([...counts, [thing, 1]]), last: thing };
  },
};

describe('the state of a stream', () => {
  const store = new InMemoryEventStore({ codec: jsonCodec });
  const states = new StreamStates(store, [boxDecider]);
  const things = async (...[tenant, asOf]: [string, Parameters<StreamStates['stateOf']>[2]]) =>
    (await states.stateOf('Box-1', tenant, asOf))?.state;

  beforeAll(async () => {
    for (const [index, thing] of ['c', 'a', 'b'].entries()) {
      const events = [aNewEvent('Put', { thing })];
      const streams = [{ stream: 'Box-1', tenantId: TEST_TENANT, expectedVersion: index, events }];
      await store.append({ commandId: `c${index}`, streams });
    }
  });

  it('is folded up to the last event, or up to a version', async () => {
    expect(await states.stateOf('Box-1', TEST_TENANT, {})).toMatchObject({
      version: 3,
      currentVersion: 3,
      type: 'Put',
    });
    const counts = [['c', 1]];
    expect(await things(TEST_TENANT, { version: 1 })).toEqual({ things: ['c'], counts, last: 'c' });
    expect(await things(TEST_TENANT, { version: 3 })).toMatchObject({ things: ['a', 'b', 'c'], last: 'b' });
  });

  it('is folded up to a time, which counts', async () => {
    const events = await store.read('Box-1');
    const readAs = (at: string) => {
      const recorded = events.map((event, index) => ({ ...event, recordedAt: `2026-01-0${index + 1}T00:00:00.000Z` }));
      return new StreamStates({ read: async () => recorded }, [boxDecider]).stateOf('Box-1', TEST_TENANT, { at });
    };
    expect(await readAs('2026-01-02T00:00:00Z')).toMatchObject({ version: 2, currentVersion: 3 });
    expect(await readAs('2026-01-02T01:00:00+01:00')).toMatchObject({ version: 2 });
    expect(await readAs('2026-01-01T23:59:59.999Z')).toMatchObject({ version: 1 });
    expect(await readAs('2025-12-31T00:00:00Z')).toBeNull();
  });

  it('is nothing for who may not see it, and where there is nothing', async () => {
    expect(await things('another-tenant', {})).toBeUndefined();
    expect(await things(TEST_TENANT, { version: 4 })).toBeUndefined();
    expect(await states.stateOf('Box-2', TEST_TENANT, {})).toBeNull();
    expect(await states.stateOf('Chest-1', TEST_TENANT, {})).toBeNull();
  });
});
