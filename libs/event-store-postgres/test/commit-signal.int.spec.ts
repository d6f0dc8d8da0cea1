import { eventually } from '@codex/testing';

import { CommitSignal } from '../src';
import { openStoreDatabase, type StoreDatabase } from './store-database';

describe('the commit signal', () => {
  let database: StoreDatabase;
  let signals: CommitSignal[];

  beforeAll(async () => {
    database = await openStoreDatabase();
  });
  afterAll(() => database.dispose());
  beforeEach(() => {
    signals = [];
  });
  afterEach(() => Promise.all(signals.map((signal) => signal.close())));

  async function open(applicationName: string): Promise<{ signal: CommitSignal; heard: () => number }> {
    const signal = new CommitSignal({ ...database.config, applicationName });
    signals.push(signal);
    await signal.start();
    let heard = 0;
    signal.onSignal(() => heard++);
    return { signal, heard: () => heard };
  }

  async function connectionsOf(applicationName: string): Promise<number> {
    const connections = 'select from pg_stat_activity where application_name = $1';
    return (await database.pool.query(connections, [applicationName])).rowCount!;
  }

  it('reaches the others, not its sender, and far less often than it was given', async () => {
    const [sender, receiver] = [await open('sender'), await open('receiver')];
    for (let index = 0; index < 500; index++) sender.signal.notify();
    await eventually(() => receiver.heard() > 0);
    await eventually(() => receiver.heard() <= 2);
    expect(sender.heard()).toBe(0);
  });

  it('comes back after its connection was lost, and then counts as heard', async () => {
    const [sender, receiver] = [await open('sender'), await open('listener')];
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listener'`,
    );
    await eventually(() => receiver.heard() === 1);
    sender.signal.notify();
    await eventually(() => receiver.heard() === 2);
  });

  it('says what it was given while it was away', async () => {
    const [sender, receiver] = [await open('absent'), await open('receiver')];
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'absent'`,
    );
    await eventually(async () => (await connectionsOf('absent')) === 0);
    sender.signal.notify();
    await eventually(() => receiver.heard() > 0);
  });
});
