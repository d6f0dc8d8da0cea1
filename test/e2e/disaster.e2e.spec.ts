import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@codex/testing';
import { Client } from 'pg';
import { startSystem, type RunningSystem } from '../../infra/local/system/start-system';
import { GatewayClient } from './gateway-client';

const START_MS = 120_000;
const run = promisify(execFile);
const recipe = { steps: [{ tool: 'noop', with: {} }] };

jest.setTimeout(240_000);

describe('a service that lost its database', () => {
  let folder: string;
  let system: RunningSystem;
  let member: GatewayClient;
  let operator: GatewayClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'codex-disaster-'));
    const stateDir = join(folder, 'state');
    system = await startSystem({ root: process.cwd(), stateDir, fresh: true, port: 0, quiet: true });
    const as = (key: string) => new GatewayClient(() => system.contents().gatewayUrl, key);
    const { apiKeys } = system.contents();
    [member, operator] = [as(apiKeys.member), as(apiKeys.operator)];
  }, START_MS);

  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, START_MS);

  it('goes on with what its topics hold: versions continue, nothing happens twice', async () => {
    const projectId = (await member.post('/v1/projects', { name: 'Kept' })).body.id as string;
    await member.put(`/v1/projects/${projectId}/quota`, { maxOpenWorkItems: 2 });
    const done = await newItem(projectId);
    await reaches(done, 'completed');
    const waiting = await newItem(projectId, { requiresApproval: true });
    await reaches(waiting, 'awaiting_approval');
    await untilQuiet();

    const project = await lose('project');
    const output = await restore('project');
    expect(output).toMatch(
      /^project: \d+ events of \d+ streams restored from project\.events\.v1, every stream from 1 to its end/m,
    );
    await bringBack('project');
    expect(await rowsOf('project', project.length)).toEqual(project);

    const changed = await member.call('PATCH', `/v1/projects/${projectId}`, { body: { name: 'Still kept' } });
    expect(changed).toMatchObject({ status: 200, body: { version: 2 } });
    const quota = (await member.get(`/v1/projects/${projectId}/quota`)).body;
    expect(quota).toMatchObject({ limits: { maxOpenWorkItems: 2 }, use: { openWorkItems: 1 } });

    const item = await lose('work-item');
    await restore('work-item');
    await bringBack('work-item');
    expect(await rowsOf('work-item', item.length)).toEqual(item);
    await member.post(`/v1/work-items/${waiting}/approve`);
    await reaches(waiting, 'completed');
    const last = await newItem(projectId);
    await reaches(last, 'completed');

    await untilQuiet();
    expect(await commandsDecidedTwice()).toEqual([]);
    expect((await operator.get('/v1/operations/dead-letters')).body.items).toEqual([]);
    for (const name of ['projects', 'work_items', 'processes']) {
      expect(await ops('rebuild', name, '--wait')).toMatch(/swapped, \d+ rows, equal/);
    }
  });

  async function newItem(projectId: string, wish: object = {}): Promise<string> {
    const path = `/v1/projects/${projectId}/work-items`;
    const answer = await member.post(path, { title: 'An item', toolRecipe: recipe, ...wish });
    expect(answer.status).toBe(202);
    return answer.body.id as string;
  }

  function reaches(id: string, state: string): Promise<unknown> {
    return member.until(`/v1/work-items/${id}`, ({ body }) => body.state === state, 60_000);
  }

  /** Nothing waits to be published, so nothing is lost with a database. */
  async function untilQuiet(): Promise<void> {
    await eventually(
      async () => {
        const { body } = await operator.get('/v1/operations/status');
        expect(body.relays.length).toBeGreaterThanOrEqual(5);
        expect(body.relays.filter(({ pending }: { pending: number }) => pending !== 0)).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  }

  /** Resolves with the rows that were in it. */
  async function lose(service: string): Promise<readonly object[]> {
    const rows = await rowsOf(service);
    const name = databaseOf(service);
    await asSuperuser(`drop database ${name} with (force)`);
    await eventually(async () => expect((await readiness(service)).status).toBe(503), { timeoutMs: 30_000 });
    await asSuperuser(`create database ${name}_restored owner ${name}`);
    return rows;
  }

  async function restore(service: string): Promise<string> {
    const into = new URL(system.contents().databases[service]!);
    into.pathname += '_restored';
    return ops('restore', service, '--into', into.href);
  }

  async function bringBack(service: string): Promise<void> {
    const name = databaseOf(service);
    const before = system.contents().pids[service];
    // First a new process, which waits for its database: what the old one has in memory is of the lost one.
    system.kill(service);
    await eventually(() => expect(system.contents().pids[service]).not.toBe(before), { timeoutMs: 30_000 });
    await asSuperuser(`alter database ${name}_restored rename to ${name}`);
    await system.whenReady(service, 60_000);
  }

  async function ops(...args: readonly string[]): Promise<string> {
    const { gatewayUrl, apiKeys, kafkaBrokers } = system.contents();
    const env = { ...process.env, CODEX_URL: gatewayUrl, CODEX_API_KEY: apiKeys.operator };
    const { stdout } = await run(process.execPath, ['dist/infra/ops/main.js', ...args], {
      cwd: process.cwd(),
      env: { ...env, KAFKA_BROKERS: kafkaBrokers.join(',') },
    });
    return stdout;
  }

  async function rowsOf(service: string, first?: number): Promise<readonly object[]> {
    const rows = await query(
      system.contents().databases[service]!,
      `
      select kind, stream, version, tenant_id, type, schema_id, data, metadata, recorded_at
        from event_store.events where kind <> 'command'
       order by recorded_at, kind, stream, version, metadata ->> 'messageId'`,
    );
    return first === undefined ? rows : rows.slice(0, first);
  }

  /** Events of the same kind with the same cause on one stream: a command that was decided again. */
  async function commandsDecidedTwice(): Promise<readonly object[]> {
    const { databases } = system.contents();
    const repeated = `
      select stream, type, metadata ->> 'commandId' as command, count(*) from event_store.events
       where kind = 'event' and type in ('QuotaAssigned', 'QuotaReleased', 'WorkItemCreated', 'ProcessStarted')
       group by 1, 2, 3 having count(*) > 1`;
    return [...(await query(databases['project']!, repeated)), ...(await query(databases['work-item']!, repeated))];
  }

  async function readiness(service: string): Promise<Response> {
    return fetch(`${system.urlOf(service)}/health/ready`);
  }

  function databaseOf(service: string): string {
    return new URL(system.contents().databases[service]!).pathname.slice(1);
  }

  function asSuperuser(statement: string): Promise<readonly object[]> {
    return query(system.superuserUrl, statement);
  }
});

async function query(connectionString: string, statement: string): Promise<readonly object[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(statement)).rows as object[];
  } finally {
    await client.end();
  }
}
