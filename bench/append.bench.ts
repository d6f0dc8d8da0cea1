import {
  CommandRunner,
  newId,
  StateCache,
  streamId,
  type Decider,
  type DomainCommand,
  type DomainEvent,
} from '@codex/event-sourcing';
import { commandMetadata, jsonCodec } from '@codex/event-sourcing/testing';
import { eventStoreMigrations, PostgresEventStore } from '@codex/event-store-postgres';
import { createPool, runMigrations } from '@codex/postgres';
import type { Pool } from 'pg';

import type { BenchResult } from './bench-result';
import { createDatabase, dropDatabase } from './scratch-database';

const TARGET_PER_SECOND = 15_000;
const CONCURRENCY = 64;
const WARM_UP_COMMANDS = 10_000;
const COMMANDS = 40_000;
const RUNS = 3;

type Opened = DomainEvent<'Opened', { readonly title: string; readonly description: string }>;
type Open = DomainCommand<'Open', Opened['data']>;

const decider: Decider<Open, { readonly open: boolean }, Opened> = {
  category: 'Sample',
  initialState: () => ({ open: false }),
  evolve: () => ({ open: true }),
  decide: (command, state) => (state.open ? [] : [{ type: 'Opened', data: command.data }]),
};

const data = { title: 'A title of some length', description: 'x'.repeat(140) };

/** P9: commands that each open a stream, with an idempotency key, from 64 callers in one process, run by the command runner. */
export async function benchAppend(env: { readonly databaseUrl: string }): Promise<BenchResult> {
  const url = await createDatabase(env.databaseUrl, 'bench_append');
  const pool = createPool({ connectionString: url, applicationName: 'bench-append' });
  try {
    await runMigrations(url, 'event_store.migrations', eventStoreMigrations);
    const runner = sampleRunner(pool);
    await measureCommands(runner, WARM_UP_COMMANDS);
    const runs: Run[] = [];
    while (runs.length < RUNS) runs.push(await measureCommands(runner, COMMANDS));
    return resultOf(runs);
  } finally {
    await pool.end();
    await dropDatabase(env.databaseUrl, url);
  }
}

interface Run {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cores: number;
}

/** Runs the commands of this benchmark. */
export function sampleRunner(pool: Pool): CommandRunner {
  const store = new PostgresEventStore({ pool, codec: jsonCodec });
  return new CommandRunner({ store, cache: new StateCache(), newId, refused: () => null });
}

/** So many commands from 64 callers. */
export async function measureCommands(runner: CommandRunner, commands: number): Promise<Run> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent++ < commands) {
      const begin = performance.now();
      await openSample(runner);
      latencies.push(performance.now() - begin);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Number(latencies[Math.floor(latencies.length * share)]!.toFixed(2));
  return {
    perSecond: Math.round(commands / seconds),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    cores: Number(((user + system) / 1e6 / seconds).toFixed(2)),
  };
}

/** One command, with an idempotency key, that opens a stream. */
export async function openSample(runner: CommandRunner): Promise<void> {
  const command: Open = { type: 'Open', data, metadata: commandMetadata({ commandId: newId() }) };
  const idempotency = { key: `POST /v1/samples:${newId()}`, fingerprint: 'f'.repeat(64) };
  await runner.run(decider, streamId(decider.category, newId()), command, { idempotency });
}

function resultOf(runs: readonly Run[]): BenchResult {
  const median = runs.toSorted((a, b) => a.perSecond - b.perSecond)[Math.floor(runs.length / 2)]!;
  return {
    id: 'P9',
    measure: `commands with idempotency keys, group commit, ${CONCURRENCY} at once in one process`,
    value: median.perSecond,
    unit: 'commands/s',
    target: `>= ${TARGET_PER_SECOND}`,
    met: median.perSecond >= TARGET_PER_SECOND,
    details: { ...median, runs: runs.map(({ perSecond }) => perSecond) },
  };
}
