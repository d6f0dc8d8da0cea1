import type { Client } from 'pg';
import { readModels } from '../../../../apps/projector/src/projections/read-models';
import type { AuditEntry } from '../../../../apps/audit/src/domain/audit-entry';
import type { AuditRecord, Evidence, ReadModelRows } from '../evidence';

/** What queries see of every read model. */
export async function readReadModels(client: Client): Promise<readonly ReadModelRows[]> {
  const models: ReadModelRows[] = [];
  for (const projection of readModels) {
    const { schema, name, counted } = projection;
    const read = async (fields: readonly string[], view: string) => {
      const columns = fields.map((field) => `"${snakeCase(field)}" as "${field}"`).join(', ');
      return (await client.query<Record<string, unknown>>(`select ${columns} from "${schema}"."${view}"`)).rows;
    };
    const rows = await read(Object.keys(projection.columns), name);
    const counts = counted === undefined ? [] : await read([...counted, 'count'], `${name}_counts`);
    models.push({ projection, rows, counts });
  }
  return models;
}

function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

interface LeafRow extends AuditEntry {
  readonly index: string;
  readonly leafHash: Buffer;
  readonly salt: Buffer | null;
  readonly data: Buffer | null;
}

const LEAVES = `select index, leaf_hash as "leafHash", salt, data, message_id as "messageId", tenant_id as "tenantId", context,
    stream, version, type, schema_id as "schemaId", actor, correlation_id as "correlationId",
    causation_id as "causationId", outcome, recorded_at as "recordedAt", data_hash as "dataHash"
  from audit.records order by index`;

/** The audit store's leaves and the index that it gives next. */
export async function readAuditStore(client: Client): Promise<Evidence['audit']> {
  const { rows } = await client.query<LeafRow>(LEAVES);
  const next = await client.query<{ next: string }>('select next_index as next from audit.sequence');
  const records = rows.map(({ index, leafHash, salt, data, ...entry }): AuditRecord => {
    return { index: Number(index), leafHash, salt, data, entry };
  });
  return { records, nextIndex: Number(next.rows[0]!.next) };
}

/** Runs and leases as agent-manager's tables have them. */
export async function readRunDesk(client: Client): Promise<Evidence['runDesk']> {
  const runs = await client.query<Evidence['runDesk']['runs'][number]>(
    'select id as "runId", work_item_id as "workItemId", status from agent_manager.runs',
  );
  const leases = await client.query<Evidence['runDesk']['leases'][number]>(
    'select run_id as "runId", agent_id as "agentId" from agent_manager.leases',
  );
  return { runs: runs.rows, leases: leases.rows };
}
