import { idOf } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import { classifyPostgresError, type Sql } from '@codex/postgres';
import type { KnownProject, KnownProjects } from '../application/known-projects';

const FIND = 'select tenant_id as "tenantId", archived from work_item.known_projects where project_id = $1';
const RECORD = `
insert into work_item.known_projects (project_id, tenant_id, archived)
select * from unnest($1::uuid[], $2::text[], $3::boolean[])
on conflict (project_id) do update set archived = known_projects.archived or excluded.archived`;

/** The table that {@link recordProjects} fills. */
export class PostgresKnownProjects implements KnownProjects {
  constructor(private readonly sql: Sql) {}

  async find(projectId: string): Promise<KnownProject | null> {
    try {
      const query = { name: 'known-project', text: FIND, values: [projectId] };
      return (await this.sql.query<KnownProject>(query)).rows[0] ?? null;
    } catch (error) {
      throw classifyPostgresError(error);
    }
  }
}

/** Keeps what project events say about tenants and archiving. One statement a batch; other messages are left out. */
export async function recordProjects(tx: Sql, messages: readonly ConsumedMessage[]): Promise<void> {
  const projects = new Map<string, KnownProject>();
  for (const { type, stream, tenantId } of messages) {
    if (type !== 'ProjectCreated' && type !== 'ProjectArchived') continue;
    projects.set(idOf(stream), { tenantId, archived: type === 'ProjectArchived' });
  }
  if (projects.size === 0) return;
  const ids = [...projects.keys()].toSorted();
  const known = ids.map((id) => projects.get(id)!);
  const values = [ids, known.map(({ tenantId }) => tenantId), known.map(({ archived }) => archived)];
  await tx.query({ name: 'record-projects', text: RECORD, values });
}
