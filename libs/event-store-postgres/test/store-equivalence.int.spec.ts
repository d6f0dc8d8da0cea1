import { randomUUID } from 'node:crypto';

import { CodedError, type AppendRequest, type EventStore } from '@codex/event-sourcing';
import { InMemoryEventStore, TEST_TENANT } from '@codex/event-sourcing/testing';
import * as fc from 'fast-check';

import { appendTo, openStoreDatabase, requestOf, type StoreDatabase } from './store-database';

interface Step {
  readonly appends: readonly { readonly stream: number; readonly expected: number; readonly events: number }[];
  readonly keys: readonly number[];
}

const step: fc.Arbitrary<Step> = fc.record({
  appends: fc.uniqueArray(
    fc.record({
      stream: fc.integer({ min: 0, max: 2 }),
      expected: fc.integer({ min: 0, max: 4 }),
      events: fc.integer({ min: 1, max: 2 }),
    }),
    { maxLength: 2, selector: ({ stream }) => stream },
  ),
  keys: fc.uniqueArray(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
});

describe('the Postgres store and the one in memory', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());

  it('answer every sequence of appends alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const run = randomUUID();
        const requests = steps.map((each, index) => requestFor(run, each, index));
        const expected = await outcomesOf(new InMemoryEventStore(), run, requests);
        expect(await outcomesOf(database.store, run, requests)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});

function requestFor(run: string, { appends, keys }: Step, index: number): AppendRequest {
  const streams = appends.map(({ stream, expected, events }) =>
    appendTo(`Sample-${run}-${stream}`, expected, Array<string>(events).fill('Changed')),
  );
  const idempotency = keys.map((key) => ({
    tenantId: TEST_TENANT,
    key: `${run} ${key}`,
    fingerprint: 'a fingerprint',
    response: { step: index },
  }));
  return { ...requestOf(...streams), idempotency };
}

async function outcomesOf(store: EventStore, run: string, requests: readonly AppendRequest[]): Promise<unknown> {
  const outcomes: unknown[] = [];
  for (const request of requests) outcomes.push(await outcomeOf(store, request));
  const ranges = [0, 1, 2].map((stream) => ({ stream: `Sample-${run}-${stream}`, afterVersion: 0 }));
  const streams = [...(await store.readMany(ranges))].map(([, events]) =>
    events.map(({ stream, version, metadata }) => ({ stream, version, metadata })),
  );
  return { outcomes, streams };
}

async function outcomeOf(store: EventStore, request: AppendRequest): Promise<unknown> {
  try {
    return await store.append(request);
  } catch (error) {
    return error instanceof CodedError ? { code: error.code, message: error.message } : error;
  }
}
