import { connectionOptions, type DatabaseConfig } from '@codex/postgres';
import { Client } from 'pg';

import { ensureEra } from './backend';
import type { RelayLock } from './relay-reader';

/** How a relay competes for its database. */
export interface RelayLockOptions {
  /** Ends the waiting; the promise rejects with the signal's reason then. */
  readonly signal?: AbortSignal;
  /** How often a waiting relay tries, default 500 ms: a replica takes over that soon. */
  readonly retryMs?: number;
  /** How often the holder makes sure that its connection still answers, default 2 s. */
  readonly probeMs?: number;
  /**
   * A holder that the server has not heard of for so long has lost the lock, whatever became of it: its machine vanished,
   * its process is frozen, the network swallows its packets. Far above the time between two probes; default 10 s.
   */
  readonly silenceMs?: number;
}

const RELAY_LOCK_CLASS = 1_129_268_568;
const DEFAULT_RETRY_MS = 500;
const DEFAULT_PROBE_MS = 2000;
const DEFAULT_SILENCE_MS = 10_000;

/**
 * Waits until this process is the one relay called `name` of the database, over a connection of its own, and begins a
 * new era if the database was restored into another cluster. While the database is away it keeps trying.
 *
 * The lock ends with the connection, and the server ends a connection that is silent for too long. A holder that is
 * cut off or frozen may overlap with its successor until it notices; what it sends meanwhile is sent twice, never out of
 * order within its own batch, and consumers skip versions they have seen.
 */
export async function acquireRelayLock(
  config: DatabaseConfig,
  name: string,
  options: RelayLockOptions = {},
): Promise<RelayLock> {
  for (;;) {
    options.signal?.throwIfAborted();
    const client = await tryAcquire(config, name, options.silenceMs ?? DEFAULT_SILENCE_MS);
    if (client && !options.signal?.aborted) return new HeldLock(client, options.probeMs ?? DEFAULT_PROBE_MS);
    await client?.end();
    await pause(options.retryMs ?? DEFAULT_RETRY_MS, options.signal);
  }
}

async function tryAcquire(config: DatabaseConfig, name: string, silenceMs: number): Promise<Client | null> {
  const base = connectionOptions(config);
  const client = new Client({ ...base, options: `${base.options} -c idle_session_timeout=${silenceMs}` });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ held: boolean }>(
      'select pg_try_advisory_lock($1::int, hashtext($2)) as held',
      [RELAY_LOCK_CLASS, name],
    );
    if (rows[0]!.held) {
      await ensureEra(client);
      return client;
    }
  } catch {
    // Away or not ready: the caller tries again, and its other connections report what is wrong.
  }
  await client.end().catch(() => undefined);
  return null;
}

class HeldLock implements RelayLock {
  private readonly ended = new AbortController();
  private readonly probe: NodeJS.Timeout;

  constructor(
    private readonly client: Client,
    probeMs: number,
  ) {
    client.once('end', () => this.lose());
    client.once('error', () => this.lose());
    this.probe = setInterval(() => void client.query('select 1').catch(() => this.lose()), probeMs);
    this.probe.unref();
  }

  get lost(): AbortSignal {
    return this.ended.signal;
  }

  async release(): Promise<void> {
    this.lose();
    await this.client.end().catch(() => undefined);
  }

  private lose(): void {
    clearInterval(this.probe);
    if (this.ended.signal.aborted) return;
    this.ended.abort(new Error('the relay lock was lost'));
    void this.client.end().catch(() => undefined);
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}
