import { randomUUID } from 'node:crypto';
import { acquireRelayLock, CommitSignal, eventStoreMigrations } from '@codex/event-store-postgres';
import { runMigrations } from '@codex/postgres';
import { createTestDatabase, eventually, type TestDatabase } from '@codex/testing';
import { TcpProxy } from './tcp-proxy';

/** Answers are given up after 2 s more than a statement may take. */
const STATEMENT_TIMEOUT_MS = 100;

/** The connections that nobody waits on: their death shows only to whoever looks. */
describe('R3: a connection that dies in silence', () => {
  let proxy: TcpProxy;
  let database: TestDatabase;
  const direct = { connectionString: '', applicationName: 'silent-connections' };
  const proxied = { ...direct, statementTimeoutMs: STATEMENT_TIMEOUT_MS };

  beforeAll(async () => {
    database = await createTestDatabase('silence');
    direct.connectionString = database.url;
    await runMigrations(database.url, 'event_store.migrations', eventStoreMigrations);
  });
  afterAll(() => database.dispose());
  beforeEach(async () => {
    const url = new URL(direct.connectionString);
    proxy = new TcpProxy({ target: { host: url.hostname, port: Number(url.port) } });
    url.port = String(await proxy.listen());
    proxied.connectionString = url.href;
  });
  afterEach(() => proxy[Symbol.asyncDispose]());

  it('carries no commit signal: the signal is told over another one', async () => {
    const [sender, receiver] = [new CommitSignal(proxied), new CommitSignal(direct)];
    await Promise.all([sender.start(), receiver.start()]);
    let heard = 0;
    receiver.onSignal(() => heard++);
    proxy.change('half-open');
    proxy.change('clear');
    sender.notify();
    await eventually(() => heard > 0);
    await Promise.all([sender.close(), receiver.close()]);
  });

  it('keeps no relay lock: its holder notices, and the next one gets it although the server was told nothing', async () => {
    const name = randomUUID();
    const holder = await acquireRelayLock(proxied, name, { probeMs: 100, silenceMs: 1_000 });
    proxy.change('half-open');
    const heir = await acquireRelayLock(direct, name);
    await eventually(() => holder.lost.aborted);
    await heir.release();
  });
});
