import type { Sql } from '@codex/postgres';
import type { Edge, Outcome, OutcomeRow, RowChanges, SchedulingRows, WaitingRow } from '../application/scheduling-rows';

const WAITING_COLUMNS = 'work_item_id, tenant_id, open_dependencies, due_at, priority, correlation_id, traceparent';

interface WaitingRecord {
  readonly work_item_id: string;
  readonly tenant_id: string;
  readonly open_dependencies: number;
  readonly due_at: Date | null;
  readonly priority: number | null;
  readonly correlation_id: string;
  readonly traceparent: string | null;
}

/**
 * {@link SchedulingRows} in Postgres, set-based. Statements on `outcomes`, which grows for ever, are not prepared: a plan
 * that was cached while the table was small would scan it.
 */
export class PostgresSchedulingRows implements SchedulingRows {
  constructor(private readonly tx: Sql) {}

  async lockOutcomes(
    items: readonly { readonly workItemId: string; readonly tenantId: string }[],
  ): Promise<readonly OutcomeRow[]> {
    if (items.length === 0) return [];
    const tenants = new Map(items.map((item) => [item.workItemId, item.tenantId]));
    const ids = [...tenants.keys()];
    await this.tx.query({
      text: `insert into scheduling.outcomes (work_item_id, tenant_id)
             select * from unnest($1::uuid[], $2::text[]) as item (work_item_id, tenant_id) order by work_item_id
             on conflict do nothing`,
      values: [ids, [...tenants.values()]],
    });
    const { rows } = await this.tx.query<{
      work_item_id: string;
      tenant_id: string;
      outcome: Outcome | null;
      priority: number | null;
    }>({
      text: `select work_item_id, tenant_id, outcome, priority from scheduling.outcomes
             where work_item_id = any($1::uuid[]) order by work_item_id for update`,
      values: [ids],
    });
    return rows.map((row) => ({
      workItemId: row.work_item_id,
      tenantId: row.tenant_id,
      outcome: row.outcome,
      priority: row.priority,
    }));
  }

  async dependantsOf(dependencyIds: readonly string[]): Promise<readonly string[]> {
    if (dependencyIds.length === 0) return [];
    const { rows } = await this.tx.query<{ dependant_id: string }>({
      name: 'scheduling-dependants',
      text: 'select distinct dependant_id from scheduling.edges where dependency_id = any($1::uuid[])',
      values: [dependencyIds],
    });
    return rows.map((row) => row.dependant_id);
  }

  async lockWaiting(workItemIds: readonly string[]): Promise<readonly WaitingRow[]> {
    if (workItemIds.length === 0) return [];
    const { rows } = await this.tx.query<WaitingRecord>({
      name: 'scheduling-lock-waiting',
      text: `select ${WAITING_COLUMNS} from scheduling.waiting_tasks
             where work_item_id = any($1::uuid[]) order by work_item_id for update`,
      values: [workItemIds],
    });
    return rows.map(waitingRow);
  }

  async takeEdges(dependencyIds: readonly string[]): Promise<readonly Edge[]> {
    if (dependencyIds.length === 0) return [];
    const { rows } = await this.tx.query<{ dependency_id: string; dependant_id: string }>({
      name: 'scheduling-take-edges',
      text: `delete from scheduling.edges where dependency_id = any($1::uuid[]) returning dependency_id, dependant_id`,
      values: [dependencyIds],
    });
    return rows.map((row) => ({ dependencyId: row.dependency_id, dependantId: row.dependant_id }));
  }

  async lockDue(limit: number): Promise<{ readonly now: string; readonly rows: readonly WaitingRow[] }> {
    const { rows } = await this.tx.query<WaitingRecord & { readonly now: Date }>({
      name: 'scheduling-lock-due',
      text: `select ${WAITING_COLUMNS}, clock_timestamp() as now from scheduling.waiting_tasks
             where due_at <= clock_timestamp() order by due_at limit $1 for update skip locked`,
      values: [limit],
    });
    return { now: (rows[0]?.now ?? new Date(0)).toISOString(), rows: rows.map(waitingRow) };
  }

  /** How long nothing will be due by the database's clock; null when nothing has a due time. May be below 0. */
  async msUntilDue(): Promise<number | null> {
    const { rows } = await this.tx.query<{ readonly ms: number | null }>({
      name: 'scheduling-next-due',
      text: `select (extract(epoch from min(due_at) - clock_timestamp()) * 1000)::float8 as ms
             from scheduling.waiting_tasks where due_at is not null`,
    });
    return rows[0]?.ms ?? null;
  }

  async apply(changes: RowChanges): Promise<void> {
    if (changes.outcomes.length > 0) await this.writeOutcomes(changes.outcomes);
    if (changes.noLongerWaiting.length > 0) await this.endWaiting(changes.noLongerWaiting);
    if (changes.waiting.length > 0) await this.writeWaiting(changes.waiting);
    if (changes.edges.length > 0) await this.insertEdges(changes.edges);
  }

  private async writeOutcomes(rows: readonly OutcomeRow[]): Promise<void> {
    await this.tx.query({
      text: `update scheduling.outcomes o set outcome = n.outcome, priority = n.priority
             from unnest($1::uuid[], $2::text[], $3::int[]) as n (work_item_id, outcome, priority)
             where o.work_item_id = n.work_item_id`,
      values: [rows.map((r) => r.workItemId), rows.map((r) => r.outcome), rows.map((r) => r.priority)],
    });
  }

  private async endWaiting(workItemIds: readonly string[]): Promise<void> {
    await this.tx.query({
      name: 'scheduling-end-waiting',
      text: `with gone as (delete from scheduling.edges where dependant_id = any($1::uuid[]))
             delete from scheduling.waiting_tasks where work_item_id = any($1::uuid[])`,
      values: [workItemIds],
    });
  }

  private async writeWaiting(rows: readonly WaitingRow[]): Promise<void> {
    await this.tx.query({
      name: 'scheduling-write-waiting',
      text: `insert into scheduling.waiting_tasks (${WAITING_COLUMNS})
             select * from unnest($1::uuid[], $2::text[], $3::int[], $4::timestamptz[], $5::int[], $6::text[], $7::text[])
             on conflict (work_item_id) do update set open_dependencies = excluded.open_dependencies,
               due_at = excluded.due_at, priority = excluded.priority`,
      values: [
        rows.map((r) => r.workItemId),
        rows.map((r) => r.tenantId),
        rows.map((r) => r.openDependencies),
        rows.map((r) => r.dueAt),
        rows.map((r) => r.priority),
        rows.map((r) => r.correlationId),
        rows.map((r) => r.traceparent),
      ],
    });
  }

  private async insertEdges(edges: readonly Edge[]): Promise<void> {
    await this.tx.query({
      name: 'scheduling-insert-edges',
      text: `insert into scheduling.edges (dependency_id, dependant_id)
             select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing`,
      values: [edges.map((e) => e.dependencyId), edges.map((e) => e.dependantId)],
    });
  }
}

function waitingRow(record: WaitingRecord): WaitingRow {
  return {
    workItemId: record.work_item_id,
    tenantId: record.tenant_id,
    openDependencies: record.open_dependencies,
    dueAt: record.due_at?.toISOString() ?? null,
    priority: record.priority,
    correlationId: record.correlation_id,
    traceparent: record.traceparent,
  };
}
