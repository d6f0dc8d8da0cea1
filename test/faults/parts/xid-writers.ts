import { randomUUID } from 'node:crypto';
import { VersionConflict, type AppendRequest } from '@codex/event-sourcing';
import { aNewEvent, TEST_TENANT } from '@codex/event-sourcing/testing';
import type { PostgresEventStore, StoreTransaction } from '@codex/event-store-postgres';
import type { Pool } from 'pg';
import { seededRandom, type SeededRandom } from '../seed';

/** Writers that do to transaction ids whatever is legal. */
export interface XidWriters {
  readonly store: PostgresEventStore;
  readonly pool: Pool;
  readonly streams: readonly string[];
  readonly writers: number;
  readonly transactions: number;
}

/** What one writer met. */
export interface WriterTally {
  committed: number;
  conflicts: number;
  rolledBack: number;
  prepared: number;
  savepoints: number;
}

/** Runs all writers side by side; everything they choose follows from the seed. */
export async function torture(work: XidWriters): Promise<WriterTally> {
  const tallies = await Promise.all(Array.from({ length: work.writers }, (_, writer) => write(work, writer)));
  const sum = (name: keyof WriterTally): number => tallies.reduce((total, tally) => total + tally[name], 0);
  return {
    committed: sum('committed'),
    conflicts: sum('conflicts'),
    rolledBack: sum('rolledBack'),
    prepared: sum('prepared'),
    savepoints: sum('savepoints'),
  };
}

class OnPurpose extends Error {}

async function write(work: XidWriters, writer: number): Promise<WriterTally> {
  const random = seededRandom(`xid writer ${writer}`);
  const tally: WriterTally = { committed: 0, conflicts: 0, rolledBack: 0, prepared: 0, savepoints: 0 };
  for (let round = 0; round < work.transactions; round++) {
    const prepared = random.chance(0.2) ? randomUUID() : null;
    try {
      await work.store.transaction((tx) => oneTransaction(tx, { work, random, tally, prepared }));
      if (prepared !== null) await finish(work.pool, { random, tally, prepared });
      tally.committed++;
    } catch (error) {
      if (error instanceof OnPurpose) tally.rolledBack++;
      else if (error instanceof VersionConflict) tally.conflicts++;
      else throw error;
    }
  }
  return tally;
}

interface Step {
  readonly work: XidWriters;
  readonly random: SeededRandom;
  readonly tally: WriterTally;
  readonly prepared: string | null;
}

async function oneTransaction(tx: StoreTransaction, { work, random, tally, prepared }: Step): Promise<void> {
  const isDoomed = random.chance(0.15);
  if (random.chance(0.5)) await tx.query('select pg_current_xact_id()');
  await pauseInside(tx, random);
  const chosen = random.shuffled(work.streams).slice(0, random.integer(1, 3)).sort();
  if (random.chance(0.25)) {
    tally.savepoints++;
    await tx.query('savepoint attempt');
    await tx.append([await nextOf(tx, chosen[0]!, 1)]);
    await tx.query('rollback to savepoint attempt');
  }
  for (const stream of chosen) {
    await tx.append([await nextOf(tx, stream, random.integer(1, 3))]);
    if (random.chance(0.3)) await tx.append([await nextOf(tx, stream, 1)]);
  }
  await pauseInside(tx, random);
  if (isDoomed) throw new OnPurpose();
  if (prepared !== null) await tx.query(`prepare transaction '${prepared}'`);
}

/** Prepared, a transaction belongs to no session; it ends from another one, some time later. */
async function finish(pool: Pool, { random, tally, prepared }: Omit<Step, 'work'>): Promise<void> {
  tally.prepared++;
  const isDoomed = random.chance(0.3);
  await pool.query('select pg_sleep($1)', [random.next() * 0.02]);
  await pool.query(`${isDoomed ? 'rollback' : 'commit'} prepared '${prepared}'`);
  if (isDoomed) throw new OnPurpose();
}

async function pauseInside(tx: StoreTransaction, random: SeededRandom): Promise<void> {
  if (random.chance(0.6)) await tx.query('select pg_sleep($1)', [random.next() * 0.012]);
}

async function nextOf(tx: StoreTransaction, stream: string, events: number): Promise<AppendRequest> {
  const expectedVersion = (await tx.read(stream)).length;
  const added = Array.from({ length: events }, () => aNewEvent('Changed', { stream }));
  return { commandId: randomUUID(), streams: [{ stream, tenantId: TEST_TENANT, expectedVersion, events: added }] };
}
