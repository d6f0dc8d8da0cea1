import type { Sql } from '@codex/postgres';
import { readNewest, type ListRequest, type EdgePage } from './page';

/** An agent as clients see it. */
export interface AgentView {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly capabilities: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly slots: number;
  readonly busySlots: number;
  readonly lastSeenAt: Date;
  readonly createdAt: Date;
  readonly version: number;
}

const SELECT = `select a.id, a.name, a.status, a.capabilities, a.labels, a.slots, a.version, a.created_at as "createdAt",
  (select count(*)::int from agent.runs r where r.agent_id = a.id and r.status = 'running') as "busySlots",
  greatest(a.updated_at, (select max(r.updated_at) from agent.runs r where r.agent_id = a.id and r.status = 'running')) as "lastSeenAt"
  from agent.agents a`;

export async function listAgents(sql: Sql, request: ListRequest): Promise<EdgePage<AgentView>> {
  const where = [{ sql: 'a.tenant_id = ?', value: request.tenantId }];
  return readNewest<AgentView, AgentView>(sql, { select: SELECT, where, alias: 'a', ...request }, (row) => row);
}

/** The agents with these ids that belong to the tenant, in no order. */
export async function findAgents(sql: Sql, tenantId: string, ids: readonly string[]): Promise<readonly AgentView[]> {
  const { rows } = await sql.query<AgentView>({
    name: 'find_agents',
    text: `${SELECT} where a.tenant_id = $1 and a.id = any($2::uuid[])`,
    values: [tenantId, ids],
  });
  return rows;
}
