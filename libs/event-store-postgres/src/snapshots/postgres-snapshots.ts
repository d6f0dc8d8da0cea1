import { sealSnapshot, type RefusedSnapshot, type SnapshotPlace, type Snapshots } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

// Not flushed to disk: a snapshot that is lost is made again.
const WRITE = `
  insert into event_store.snapshots as s (stream, tenant_id, version, event_id, fingerprint, checksum, state)
  select $1, $2, $3, $4, $5, $6, $7 from (select set_config('synchronous_commit', 'off', true) as setting) o where o.setting = 'off'
  on conflict (stream) do update set tenant_id = excluded.tenant_id, version = excluded.version,
    event_id = excluded.event_id, fingerprint = excluded.fingerprint, checksum = excluded.checksum, state = excluded.state
  where s.version < excluded.version or s.fingerprint <> excluded.fingerprint`;

const DELETE = 'delete from event_store.snapshots where stream = $1 and version = $2';

/** Streams that wait to be written; more are not taken in until some are. */
const MAX_WAITING = 1_000;
const MAX_STATE_CHARACTERS = 4 * 1024 * 1024;
const DEFAULT_DELAY_MS = 1_000;

/** What became of snapshots since the start of the process. */
export interface SnapshotCounts {
  readonly written: number;
  /** Not stored: the database was away, the state can't be encoded or is too large, or too many waited. */
  readonly failed: number;
  /** Found and not used, by the reason. */
  readonly refused: Readonly<Record<RefusedSnapshot['fault'], number>>;
}

export interface PostgresSnapshotsOptions {
  readonly sql: Sql;
  /** How long the states of a stream are gathered, of which only the last is written; default 1 s. */
  readonly delayMs?: number;
}

/** {@link Snapshots} beside the event table. Nothing runs while nothing is offered. Failures are counted, never thrown. */
export class PostgresSnapshots implements Snapshots {
  private readonly offered = new Map<string, { readonly place: SnapshotPlace; readonly state: unknown }>();
  private readonly toDelete = new Map<string, RefusedSnapshot>();
  private readonly refusals = { outdated: 0, foreign: 0, damaged: 0 };
  private written = 0;
  private failed = 0;
  private timer: NodeJS.Timeout | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(private readonly options: PostgresSnapshotsOptions) {}

  get counts(): SnapshotCounts {
    return { written: this.written, failed: this.failed, refused: { ...this.refusals } };
  }

  offer(place: SnapshotPlace, state: unknown): void {
    if (this.offered.size >= MAX_WAITING && !this.offered.has(place.stream)) this.failed += 1;
    else this.offered.set(place.stream, { place, state });
    this.schedule();
  }

  refuse(snapshot: RefusedSnapshot): void {
    this.refusals[snapshot.fault] += 1;
    this.toDelete.set(snapshot.stream, snapshot);
    this.schedule();
  }

  /** Writes what waits now. Never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushing = this.flushing.then(() => this.writeAll());
    return this.flushing;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.flush(), this.options.delayMs ?? DEFAULT_DELAY_MS).unref();
  }

  private async writeAll(): Promise<void> {
    for (const [stream, { version }] of this.toDelete) {
      this.toDelete.delete(stream);
      await this.attempt(() => this.options.sql.query(DELETE, [stream, version]));
    }
    for (const [stream, { place, state }] of this.offered) {
      this.offered.delete(stream);
      if (await this.attempt(() => this.write(place, state))) this.written += 1;
    }
  }

  private async write(place: SnapshotPlace, state: unknown): Promise<void> {
    const { stream, tenantId, version, eventId, fingerprint, checksum, state: text } = sealSnapshot(place, state);
    if (text.length > MAX_STATE_CHARACTERS) throw new Error('the state is too large');
    const values = [stream, tenantId, version, eventId, fingerprint, checksum, text];
    await this.options.sql.query({ name: 'event-store-write-snapshot', text: WRITE, values });
  }

  private async attempt(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch {
      this.failed += 1;
      return false;
    }
  }
}
