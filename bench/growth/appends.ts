import { codec } from '@codex/contracts';
import {
  CommandRunner,
  newId,
  StateCache,
  type Decider,
  type DomainCommand,
  type DomainEvent,
  type StreamId,
} from '@codex/event-sourcing';
import { commandMetadata } from '@codex/event-sourcing/testing';
import { PostgresEventStore, PostgresRelayReader, type RelayCursor } from '@codex/event-store-postgres';
import type { Pool } from 'pg';
import { measureCommands, openSample, sampleRunner } from '../append.bench';
import { Latencies, openLoop } from '../load';
import type { TakeResults } from '../bench-environment';
import { compare, forBoth, latencyFigures, type Both } from './compare';
import { FINISHED_STREAM } from './finished-runs';

const ROUNDS = 9;
const COMMANDS = 5_000;
const SINGLE = { perSecond: 200, forMs: 1_000 };
const LOOKS = 100;
const RELAY_BATCH = 1_000;
const BATCHES = 10;

/** A store to append to. */
export interface GrownStore {
  readonly pool: Pool;
  readonly tenantId: string;
  readonly finishedRuns: number;
}

type Progressed = DomainEvent<'RunProgressed', { readonly runId: string; readonly percent: number }>;
type Note = DomainCommand<'Note', Progressed['data']>;

const notes: Decider<Note, { readonly events: number }, Progressed> = {
  category: 'Run',
  initialState: () => ({ events: 0 }),
  evolve: ({ events }) => ({ events: events + 1 }),
  decide: ({ data }) => [{ type: 'RunProgressed', data: { ...about, ...data } }],
};
const about = { workItemId: newId(), projectId: newId(), attempt: 1, agentId: newId(), message: null };

/** P9's group commit, commands one by one on new and on known streams, and what a relay pays for a look. */
export async function growthOfAppends(stores: Both<GrownStore>, take: TakeResults): Promise<void> {
  const runners = await forBoth(async (side) => sampleRunner(stores[side].pool));
  const known = await forBoth((side) => commandsOnKnownStreams(stores[side]));
  const relays = await forBoth((side) => relayOf(stores[side].pool));
  take(
    await compare('append: 64 at once, group commit', ROUNDS, async (side) => {
      const { perSecond, p50Ms, p99Ms } = await measureCommands(runners[side], COMMANDS);
      return { microsecondsEach: Math.round(1e6 / perSecond), p50Ms, p99Ms };
    }),
  );
  take(
    await compare(`append: new streams, ${SINGLE.perSecond}/s`, ROUNDS, async (side) =>
      latencyFigures(await openLoop(SINGLE, () => openSample(runners[side]))),
    ),
  );
  take(
    await compare(`append: streams of 10 events, not in memory, ${SINGLE.perSecond}/s`, ROUNDS, async (side) =>
      latencyFigures(await openLoop(SINGLE, known[side])),
    ),
  );
  take(await compare('relay: nothing new', ROUNDS, (side) => relays[side].idle()));
  take(await compare('relay: how much waits', ROUNDS, (side) => relays[side].pending()));
  take(await compare(`relay: a batch of ${RELAY_BATCH}`, ROUNDS, (side) => relays[side].catchUp()));
}

/** Each on a run that ended at any time, read from the database: no process has a million of them in memory. */
async function commandsOnKnownStreams({ pool, tenantId, finishedRuns }: GrownStore): Promise<() => Promise<void>> {
  const store = new PostgresEventStore({ pool, codec });
  const runner = new CommandRunner({ store, cache: new StateCache(0), newId, refused: () => null });
  const { rows } = await pool.query<{ stream: StreamId }>(
    `select ${FINISHED_STREAM} as stream from (select (random() * ($1 - 1))::int as n from generate_series(1, 20000)) r`,
    [finishedRuns],
  );
  let next = 0;
  return async () => {
    const { stream } = rows[next++ % rows.length]!;
    const metadata = commandMetadata({ commandId: newId(), tenantId });
    const command: Note = { type: 'Note', data: { runId: stream.slice(4), percent: 50 }, metadata };
    const idempotency = { key: `POST /v1/notes:${newId()}`, fingerprint: 'f'.repeat(64) };
    await runner.run(notes, stream, command, { idempotency });
  };
}

async function relayOf(pool: Pool) {
  const reader = new PostgresRelayReader(pool, 'bench');
  const last = (behind: number): Promise<RelayCursor> =>
    pool
      .query<RelayCursor>(
        `select era, xid::text as xid, position from event_store.events e
         order by e.era desc, e.xid desc, e.position desc offset $1 limit 1`,
        [behind],
      )
      .then(({ rows }) => rows[0]!);
  const look = async (what: (cursor: RelayCursor) => Promise<unknown>) => {
    const cursor = await last(0);
    const latencies = new Latencies();
    while (latencies.count < LOOKS) await timed(latencies, () => what(cursor));
    return latencyFigures(latencies);
  };
  return {
    idle: () => look((cursor) => reader.readAfter(cursor, RELAY_BATCH)),
    pending: () => look((cursor) => reader.pending(cursor)),
    async catchUp() {
      let cursor = await last(BATCHES * RELAY_BATCH);
      const latencies = new Latencies();
      while (latencies.count < BATCHES) {
        await timed(latencies, async () => {
          cursor = (await reader.readAfter(cursor, RELAY_BATCH)).at(-1)!;
        });
      }
      return { p50Ms: latencies.summary().p50Ms };
    },
  };
}

async function timed(latencies: Latencies, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now();
  await work();
  latencies.add(performance.now() - startedAt);
}
