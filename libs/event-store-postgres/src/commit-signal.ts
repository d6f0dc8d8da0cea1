import { connectionOptions, type DatabaseConfig } from '@codex/postgres';
import { Client } from 'pg';

const CHANNEL = 'event_store_commit';
const RECONNECT_MS = 500;
/** At most so often one process tells the others; a relay that is busy reads on anyway. */
const MIN_INTERVAL_MS = 5;

/**
 * Tells the other processes of this database that something was committed, and hears them: a hint that makes an idle
 * relay look at once. Works over one connection of its own, because NOTIFY inside appending transactions would take a
 * lock that all commits wait for. Hints are coalesced, and may be lost while the connection is away: whoever listens also polls.
 */
export class CommitSignal {
  private readonly listeners = new Set<() => void>();
  private client: Client | null = null;
  private wanted = false;
  private telling = false;
  private closed = false;
  private reconnect: NodeJS.Timeout | undefined;

  constructor(private readonly config: DatabaseConfig) {}

  /** Connects; keeps trying in the background when the database is away. */
  async start(): Promise<void> {
    if (this.closed || this.client) return;
    const client = new Client({ ...connectionOptions(this.config), statement_timeout: 0 });
    this.client = client;
    client.once('error', () => this.retry(client));
    client.once('end', () => this.retry(client));
    client.on('notification', ({ processId }) => {
      if (processId !== (client as unknown as { processID: number }).processID) this.hear();
    });
    try {
      await client.connect();
      await client.query('set synchronous_commit = off');
      await client.query(`listen ${CHANNEL}`);
      this.hear();
      if (this.wanted) this.notify();
    } catch {
      this.retry(client);
    }
  }

  /** Something was committed here. Returns at once; calls that come close together become one NOTIFY. */
  notify(): void {
    this.wanted = true;
    if (!this.telling) void this.tell();
  }

  /** Calls `listener` when another process committed, and after each reconnect, when hints may have been missed. */
  onSignal(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reconnect);
    const client = this.client;
    this.client = null;
    await client?.end().catch(() => undefined);
  }

  private async tell(): Promise<void> {
    this.telling = true;
    while (this.wanted && this.client) {
      const { client } = this;
      this.wanted = false;
      await client.query(`notify ${CHANNEL}`).catch(() => {
        this.wanted = true;
        this.retry(client);
      });
      await new Promise((resolve) => setTimeout(resolve, MIN_INTERVAL_MS));
    }
    this.telling = false;
  }

  private hear(): void {
    for (const listener of this.listeners) listener();
  }

  private retry(client: Client): void {
    if (this.client !== client) return;
    this.client = null;
    client.on('error', () => undefined);
    void client.end().catch(() => undefined);
    if (this.closed) return;
    clearTimeout(this.reconnect);
    this.reconnect = setTimeout(() => void this.start(), RECONNECT_MS);
    this.reconnect.unref();
  }
}
