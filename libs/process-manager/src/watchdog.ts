import { failureKind, UnitOfWork, type CommandMetadata, type StateCache } from '@codex/event-sourcing';
import type { StoreTransaction } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { ProcessRunner } from './process-runner';

export interface WatchdogOptions {
  /** Of the same database; only ever asked whether anything is due. */
  readonly sql: Sql;
  readonly store: { transaction<T>(work: (tx: StoreTransaction) => Promise<T>): Promise<T> };
  readonly cache: StateCache;
  readonly runner: ProcessRunner;
  readonly newId: () => string;
  readonly now: () => Date;
  /** Hears of every failure; the watchdog goes on. */
  readonly onError: (error: unknown, processId: string | null) => void;
  /** How often it looks while nothing is due. Default 1,000; an overdue process is noticed this late at most. */
  readonly pollIntervalMs?: number;
}

interface DueRow {
  readonly processId: string;
  readonly dueAt: Date;
  readonly tenantId: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly traceparent: string | null;
}

const BATCH = 100;
const LOCK = 7_318_221_047;
const ANY_DUE = 'select 1 from process.deadlines where due_at <= now() limit 1';
const DUE = `
select process_id as "processId", due_at as "dueAt", tenant_id as "tenantId", actor, correlation_id as "correlationId", traceparent
from process.deadlines where due_at <= now() order by due_at limit $1`;
const DUE_ONE = `
select process_id as "processId", due_at as "dueAt", tenant_id as "tenantId", actor, correlation_id as "correlationId", traceparent
from process.deadlines where due_at <= now() and process_id = $1`;
const DROP_STALE = 'delete from process.deadlines where process_id = any($1::uuid[]) and due_at <= now()';
const POSTPONE = `update process.deadlines set due_at = now() + interval '60 seconds' where process_id = $1`;

/**
 * Drives processes whose deadline has passed, in batches, oldest first, and again right after a start. Any number of
 * replicas may run: a lock of the transaction lets one drive at a time, and the versions decide against replies that come
 * in between. A process that can't be driven is reported and looked at again a minute later; it does not hold the others up.
 */
export class Watchdog {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: WatchdogOptions) {}

  start(): void {
    this.running = this.run();
  }

  /** Resolves when the batch in flight is done. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Drives what is due now and resolves to how many processes were looked at. */
  async drive(): Promise<number> {
    const { rowCount } = await this.options.sql.query(ANY_DUE);
    if (rowCount === 0) return 0;
    try {
      return await this.driveRows((tx) => rowsOf(tx, DUE, [BATCH]));
    } catch (error) {
      if (failureKind(error) === 'transient' || failureKind(error) === 'conflict') throw error;
      return this.driveOneByOne();
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const looked = await this.drive().catch((error: unknown) => {
        if (failureKind(error) !== 'conflict') this.options.onError(error, null);
        return 0;
      });
      if (looked < BATCH) await pause(this.options.pollIntervalMs ?? 1_000, signal);
    }
  }

  private async driveRows(read: (tx: StoreTransaction) => Promise<readonly DueRow[]>): Promise<number> {
    const { store, cache, runner, newId } = this.options;
    const unit = await store.transaction(async (tx) => {
      const rows = await read(tx);
      if (rows.length === 0) return null;
      const work = new UnitOfWork({ store: tx, cache, newId });
      const ids = rows.map(({ processId }) => processId);
      await runner.load(work, ids);
      const stale = rows.filter((row) => !this.tell(work, row)).map(({ processId }) => processId);
      if (!work.isEmpty) await tx.append([work.request(newId())]);
      if (stale.length > 0) await tx.query(DROP_STALE, [stale]);
      return { work, looked: ids.length };
    });
    unit?.work.committed();
    return unit?.looked ?? 0;
  }

  private tell(unit: UnitOfWork, row: DueRow): boolean {
    const message = { type: 'deadline', dueAt: row.dueAt.toISOString() } as const;
    return this.options.runner.tell(unit, row.processId, { message, metadata: this.metadataOf(row) }).length > 0;
  }

  private async driveOneByOne(): Promise<number> {
    const rows = (await this.options.sql.query<DueRow>(DUE, [BATCH])).rows;
    for (const { processId } of rows) {
      try {
        await this.driveRows((tx) => rowsOf(tx, DUE_ONE, [processId]));
      } catch (error) {
        this.options.onError(error, processId);
        await this.options.sql.query(POSTPONE, [processId]);
      }
    }
    return rows.length;
  }

  private metadataOf({ tenantId, actor, correlationId, traceparent }: DueRow): CommandMetadata {
    const commandId = this.options.newId();
    const trace = traceparent === null ? {} : { traceparent };
    const now = this.options.now().toISOString();
    return { commandId, tenantId, actor, correlationId, causationId: commandId, ...trace, now };
  }
}

async function rowsOf(tx: StoreTransaction, text: string, values: unknown[]): Promise<readonly DueRow[]> {
  const lock = await tx.query<{ taken: boolean }>('select pg_try_advisory_xact_lock($1) as taken', [LOCK]);
  return lock.rows[0]!.taken ? (await tx.query<DueRow>(text, values)).rows : [];
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    signal.addEventListener('abort', finish, { once: true });
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
  });
}
