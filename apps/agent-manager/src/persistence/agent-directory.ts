import type { RecordedEvent } from '@codex/event-sourcing';
import type { InlineProjection } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { AgentStatus } from '../domain/agent.state';
import type { AgentStreamEvent } from '../domain/agent.events';

/** An agent as claims see it. */
export interface ClaimantRow {
  readonly id: string;
  readonly status: AgentStatus;
  readonly freeSlots: number;
  readonly toolSets: readonly number[];
}

/** An agent as it is shown. */
export interface AgentRow {
  readonly id: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly capabilities: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: number;
  readonly busySlots: number;
  readonly lastSeenAt: string;
  readonly createdAt: string;
  readonly version: number;
}

const STATUS_AFTER: Readonly<Record<string, AgentStatus>> = {
  AgentDraining: 'draining',
  AgentResumed: 'online',
  AgentLost: 'lost',
  AgentDeregistered: 'gone',
};

/** Keeps the rows that claims lock: written with the events, so that a drained agent gets nothing from then on. */
export const agentRows: InlineProjection = {
  types: new Set(['AgentRegistered', ...Object.keys(STATUS_AFTER)]),
  async apply(tx, events) {
    for (const event of events as unknown as readonly RecordedEvent<AgentStreamEvent>[]) await applyOne(tx, event);
  },
};

/** The agents of these ids that belong to this tenant, with what they have free. */
export async function findClaimants(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<readonly ClaimantRow[]> {
  const { rows } = await sql.query<{ id: string; status: AgentStatus; free_slots: number; tool_sets: number[] }>({
    name: 'find-claimants',
    text: `select a.id, a.status, a.slots - (select count(*)::int from agent_manager.leases l where l.agent_id = a.id) as free_slots,
        array(select t.id from agent_manager.tool_sets t where t.tools <@ a.capabilities) as tool_sets
      from agent_manager.agents a where a.id = any ($2::uuid[]) and a.tenant_id = $1`,
    values: [tenantId, ids],
  });
  return rows.map((row) => ({ id: row.id, status: row.status, freeSlots: row.free_slots, toolSets: row.tool_sets }));
}

/** The status of one agent; null when the tenant has no such agent. */
export async function agentStatus(sql: Sql, tenantId: string, agentId: string): Promise<AgentStatus | null> {
  const { rows } = await sql.query<{ status: AgentStatus }>({
    name: 'agent-status',
    text: 'select status from agent_manager.agents where id = $2 and tenant_id = $1',
    values: [tenantId, agentId],
  });
  return rows[0]?.status ?? null;
}

/** Newest first; `after` is the place behind which to go on. `agentId` asks for one only. */
export async function listAgents(
  sql: Sql,
  tenantId: string,
  page: { readonly limit: number; readonly after?: readonly [string, string]; readonly agentId?: string },
): Promise<readonly AgentRow[]> {
  const { rows } = await sql.query({
    name: 'list-agents',
    text: `select a.*, (select count(*)::int from agent_manager.leases l where l.agent_id = a.id) as busy_slots
      from agent_manager.agents a
      where a.tenant_id = $1 and ($3::uuid is null or (a.created_at, a.id) < ($2::timestamptz, $3)) and ($5::uuid is null or a.id = $5)
      order by a.created_at desc, a.id desc limit $4`,
    values: [tenantId, page.after?.[0] ?? null, page.after?.[1] ?? null, page.limit, page.agentId ?? null],
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    status: row.status,
    capabilities: row.capabilities,
    labels: row.labels,
    slots: row.slots,
    busySlots: row.busy_slots,
    lastSeenAt: row.last_seen_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }));
}

/** Notes that these agents called; answers which of them were given up before. */
export async function markSeen(
  sql: Sql,
  agentIds: readonly string[],
): Promise<readonly { readonly id: string; readonly tenantId: string }[]> {
  const { rows } = await sql.query<{ id: string; tenant_id: string; status: AgentStatus }>({
    name: 'mark-agents-seen',
    text: `update agent_manager.agents a set last_seen_at = clock_timestamp()
      from (select id from agent_manager.agents where id = any ($1::uuid[]) order by id for no key update) s
      where a.id = s.id returning a.id, a.tenant_id, a.status`,
    values: [agentIds],
  });
  return rows.filter((row) => row.status === 'lost').map((row) => ({ id: row.id, tenantId: row.tenant_id }));
}

/** Agents that should call but have not for this long. */
export async function findSilent(
  sql: Sql,
  silentMs: number,
): Promise<readonly { readonly id: string; readonly tenantId: string; readonly lastSeenAt: string }[]> {
  const { rows } = await sql.query<{ id: string; tenant_id: string; last_seen_at: Date }>(
    `select id, tenant_id, last_seen_at from agent_manager.agents
      where status in ('online', 'draining') and last_seen_at < clock_timestamp() - $1 * interval '1 ms' limit 100`,
    [silentMs],
  );
  return rows.map((row) => ({ id: row.id, tenantId: row.tenant_id, lastSeenAt: row.last_seen_at.toISOString() }));
}

async function applyOne(tx: Sql, event: RecordedEvent<AgentStreamEvent>): Promise<void> {
  if (event.type === 'AgentRegistered') return register(tx, event.tenantId, event.version, event.data);
  await tx.query('update agent_manager.agents set status = $2, version = $3 where id = $1', [
    event.data.agentId,
    STATUS_AFTER[event.type],
    event.version,
  ]);
}

async function register(
  tx: Sql,
  tenantId: string,
  streamVersion: number,
  {
    agentId,
    name,
    capabilities,
    labels,
    slots,
    version,
  }: Extract<AgentStreamEvent, { type: 'AgentRegistered' }>['data'],
): Promise<void> {
  await tx.query(
    `insert into agent_manager.agents (id, tenant_id, name, status, capabilities, labels, slots, software_version, version)
      values ($1, $2, $3, 'online', $4, $5, $6, $7, $8)
      on conflict (id) do update set capabilities = $4, labels = $5, slots = $6, software_version = $7, version = $8,
        last_seen_at = clock_timestamp(),
        status = case when agents.status = 'draining' then 'draining' else 'online' end`,
    [agentId, tenantId, name, capabilities, JSON.stringify(labels), slots, version, streamVersion],
  );
}
