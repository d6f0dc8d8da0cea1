import { eventually } from '@codex/testing';

import { acquireRelayLock, type RelayLock } from '../src';
import { openStoreDatabase, type StoreDatabase } from './store-database';

const QUICK = { retryMs: 20, probeMs: 20 };

describe('the relay lock', () => {
  let database: StoreDatabase;

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());

  const acquire = (name: string, signal?: AbortSignal): Promise<RelayLock> =>
    acquireRelayLock({ ...database.config, applicationName: name }, 'main', { ...QUICK, signal });

  it('has one holder; the next one gets it when it is given up', async () => {
    const first = await acquire('first');
    let second: RelayLock | undefined;
    const waiting = acquire('second').then((lock) => (second = lock));
    await untilTriedTwice(database, 'second');
    expect(second).toBeUndefined();
    await first.release();
    await first.release();
    await waiting;
    expect(first.lost.aborted).toBe(true);
    expect(second!.lost.aborted).toBe(false);
    await second!.release();
  });

  it('tells its holder when the connection is lost, and goes to the next', async () => {
    const first = await acquire('victim');
    const second = acquire('heir');
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'victim'`,
    );
    await eventually(() => first.lost.aborted);
    await (await second).release();
    await first.release();
  });

  it('goes to the next when the server has not heard of its holder for too long', async () => {
    const frozen = await acquireRelayLock(database.config, 'main', { probeMs: 60_000, silenceMs: 200 });
    const heir = await acquire('heir');
    await eventually(() => frozen.lost.aborted);
    expect(heir.lost.aborted).toBe(false);
    await heir.release();
  });

  it('stops waiting when told so', async () => {
    const first = await acquire('holder');
    const abort = new AbortController();
    const waiting = acquire('waiter', abort.signal);
    abort.abort(new Error('shutting down'));
    await expect(waiting).rejects.toThrow('shutting down');
    await first.release();
  });

  it('waits for a database that is away', async () => {
    const abort = new AbortController();
    const config = { ...database.config, connectionString: 'postgres://nobody@127.0.0.1:1/none' };
    const waiting = acquireRelayLock(config, 'main', { ...QUICK, signal: abort.signal });
    abort.abort(new Error('shutting down'));
    await expect(waiting).rejects.toThrow('shutting down');
  });
});

/** Each try is a connection of its own: when a third one is seen, two have failed. */
async function untilTriedTwice({ pool }: StoreDatabase, applicationName: string): Promise<void> {
  const seen = new Set<number>();
  await eventually(async () => {
    const { rows } = await pool.query<{ pid: number }>('select pid from pg_stat_activity where application_name = $1', [
      applicationName,
    ]);
    for (const { pid } of rows) seen.add(pid);
    return seen.size > 2;
  });
}
