import { inTransaction } from '@codex/postgres';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import type { Pool } from 'pg';
import { dataHash, leafHash, type AuditEntry } from '../src/domain/audit-entry';
import { recordMessages } from '../src/persistence/audit-sequencer';
import { createAuditDatabase, event, reply } from './audit-world';

describe('the audit store', () => {
  let database: Awaited<ReturnType<typeof createAuditDatabase>>;
  let pool: Pool;

  beforeEach(async () => {
    database = await createAuditDatabase();
    ({ pool } = database);
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
  });

  it('numbers records without a gap, also under two recorders of which some roll back', async () => {
    const recorder = async (): Promise<void> => {
      for (let turn = 0; turn < 25; turn++) {
        const messages = Array.from({ length: 1 + (turn % 4) }, () => event());
        const work = record(messages, turn % 3 === 0);
        if (turn % 3 === 0) await expect(work).rejects.toThrow('rolled back');
        else await work;
      }
    };
    await Promise.all([recorder(), recorder()]);
    const { rows } = await pool.query('select index::int from audit.records order by index');
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.map(({ index }) => index as number)).toEqual(rows.map((_, place) => place));
    const next = await pool.query('select next_index::int as next from audit.sequence');
    expect(next.rows).toEqual([{ next: rows.length }]);
  });

  it('keeps the order in which messages came', async () => {
    const messages = Array.from({ length: 50 }, () => event());
    await record(messages.slice(0, 20));
    await record(messages.slice(20));
    const { rows } = await pool.query('select message_id as id from audit.records order by index');
    expect(rows.map(({ id }) => id as string)).toEqual(messages.map(({ id }) => id));
  });

  it('records a refusal once, however often and in whatever batches it was published', async () => {
    const [one, two] = [reply('refused'), reply('refused')];
    await record([one, one]);
    await record([two, one]);
    await record([one]);
    const { rows } = await pool.query('select message_id as id, outcome, version from audit.records order by index');
    expect(rows).toEqual([one, two].map(({ id }) => ({ id, outcome: 'refused', version: null })));
  });

  it('refuses every change of a record, but lets its body be erased', async () => {
    await record([event(), event()]);
    const changes = [
      `update audit.records set actor = 'somebody else'`,
      `update audit.records set data = '\\x00'`,
      `update audit.records set data = null, actor = 'x'`,
      `update audit.records set data = null, leaf_hash = '\\x00'`,
      'delete from audit.records',
      'truncate audit.records',
    ];
    for (const change of changes) await expect(pool.query(change)).rejects.toThrow('append-only');
    await pool.query('update audit.records set data = null where index = 1');
    await expect(pool.query(`update audit.records set data = '\\x00' where index = 1`)).rejects.toThrow('append-only');
  });

  it('has leaf hashes that anybody can compute again, also of erased records', async () => {
    const message = event();
    await record([message]);
    const before = await sealed();
    expect(dataHash(before.salt, message.raw)).toBe(before.entry.dataHash);
    expect(leafHash(before.entry)).toEqual(before.leaf);
    await pool.query('update audit.records set data = null, salt = null');
    const after = await sealed();
    expect(leafHash(after.entry)).toEqual(before.leaf);
    expect(after.salt).toBeNull();
  });

  async function record(messages: readonly ConsumedMessage[], rollBack = false): Promise<void> {
    await inTransaction(pool, async (tx) => {
      await recordMessages(tx, messages);
      if (rollBack) throw new Error('rolled back');
    });
  }

  async function sealed(): Promise<{ readonly entry: AuditEntry; readonly leaf: Buffer; readonly salt: Buffer }> {
    const { rows } = await pool.query('select * from audit.records');
    const row = rows[0];
    const entry: AuditEntry = {
      ...{ messageId: row.message_id, tenantId: row.tenant_id, context: row.context, stream: row.stream },
      ...{ version: row.version, type: row.type, schemaId: row.schema_id, actor: row.actor, outcome: row.outcome },
      ...{ correlationId: row.correlation_id, causationId: row.causation_id, recordedAt: row.recorded_at },
      dataHash: row.data_hash,
    };
    return { entry, leaf: row.leaf_hash, salt: row.salt };
  }
});
