import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { startSystem, type RunningSystem } from '../../infra/local/system/start-system';
import { GatewayClient } from './gateway-client';
import { liveStreamsShowWhatHappens } from './live-streams';

const START_MS = 120_000;
const noop = (value: Record<string, unknown> = {}) => ({ steps: [{ tool: 'noop', with: value }] });

describe('the whole path', () => {
  let folder: string;
  let system: RunningSystem;
  let member: GatewayClient;
  let operator: GatewayClient;
  let auditor: GatewayClient;
  let nobody: GatewayClient;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'codex-e2e-'));
    system = await startSystem({
      root: process.cwd(),
      stateDir: join(folder, 'state'),
      fresh: true,
      port: 0,
      quiet: true,
    });
    const as = (key: string | undefined) => new GatewayClient(() => system.contents().gatewayUrl, key);
    const { apiKeys } = system.contents();
    [member, operator, auditor] = [as(apiKeys.member), as(apiKeys.operator), as(apiKeys.auditor)];
    nobody = as(undefined);
  }, START_MS);

  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, START_MS);

  const newProject = async (): Promise<string> => (await member.post('/v1/projects', { name: 'Journey' })).body.id;
  const newItem = (projectId: string, wish: Record<string, unknown>, headers?: Record<string, string>) =>
    member.post(`/v1/projects/${projectId}/work-items`, { title: 'An item', toolRecipe: noop(), ...wish }, headers);
  const reaches = (id: string, state: string) =>
    member.until(`/v1/work-items/${id}`, ({ body }) => body.state === state, 60_000);

  it('analyses a real repository and lets a dependent item follow', async () => {
    const repository = join(folder, 'repository');
    git(['init', '-q', '-b', 'main', repository]);
    writeFileSync(join(repository, 'index.ts'), "import { b } from './b';\nexport const a = b;\n");
    writeFileSync(join(repository, 'b.ts'), 'export const b = 1;\n');
    git(['-C', repository, 'add', '.']);
    git(['-C', repository, '-c', 'user.name=e2e', '-c', 'user.email=e2e@localhost', 'commit', '-q', '-m', 'first']);
    const repositoryUrl = pathToFileURL(repository).href;
    const projectId = await newProject();
    const correlation = { 'x-correlation-id': `journey-${uuidv7()}` };
    const analysis = { toolRecipe: { steps: [{ tool: 'repository.analyze', with: { repositoryUrl } }] } };

    const first = await newItem(projectId, analysis, correlation);
    expect(first.status).toBe(202);
    expect(first.headers.get('location')).toBe(`/v1/work-items/${first.body.id}`);
    const second = await newItem(projectId, { dependsOn: [first.body.id] });
    await reaches(second.body.id, 'completed');

    const item = (await member.get(`/v1/work-items/${first.body.id}`)).body;
    expect(item).toMatchObject({ state: 'completed', attempt: 1, error: null, creation: { status: 'completed' } });
    const map = await member.get(`/v1/work-items/${item.id}/artifacts/${item.artifacts[0].id}`);
    expect(map.status).toBe(200);
    expect(map.body).toEqual(expect.objectContaining({ languages: expect.anything() }));

    const history = await member.until(`/v1/work-items/${item.id}/history?first=200`, ({ body }) =>
      body.items.some((event: { type: string }) => event.type === 'TaskCompleted'),
    );
    const contexts = new Set(history.body.items.map((event: { context: string }) => event.context));
    expect([...contexts].toSorted()).toEqual(['agent', 'notification', 'project', 'scheduler', 'work-item']);
    const correlations = new Set(history.body.items.map((event: { correlationId: string }) => event.correlationId));
    expect([...correlations]).toEqual([correlation['x-correlation-id']]);

    const query =
      'query($id: ID!) { workItem(id: $id) { state project { id } lastRun { status } dependencies { id } } }';
    const graph = await member.post('/graphql', { query, variables: { id: second.body.id } });
    expect(graph.body.data.workItem).toEqual({
      state: 'completed',
      project: { id: projectId },
      lastRun: { status: 'completed' },
      dependencies: [{ id: first.body.id }],
    });
  });

  it('undoes the creation of an item with a bad recipe', async () => {
    const created = await newItem(await newProject(), { toolRecipe: { steps: [{ tool: 'no.such.tool', with: {} }] } });
    expect(created.status).toBe(202);
    const item = await reaches(created.body.id, 'deleted');
    expect(item.body.error).toEqual({ code: expect.any(String), message: expect.stringContaining('no.such.tool') });
    const process = await member.until(
      `/v1/processes/${created.body.processId}`,
      ({ body }) => body.status === 'compensated',
    );
    expect(process.body.steps.map((step: { name: string }) => step.name)).toEqual(
      expect.arrayContaining([
        'CreateWorkItem',
        'ValidateToolRecipe',
        'AssignQuota',
        'ScheduleTask',
        'NotifySubscribers',
      ]),
    );
  });

  it('waits for approval, runs what is approved and undoes what is rejected', async () => {
    const projectId = await newProject();
    const good = (await newItem(projectId, { requiresApproval: true })).body.id;
    const bad = (await newItem(projectId, { requiresApproval: true })).body.id;
    await Promise.all([reaches(good, 'awaiting_approval'), reaches(bad, 'awaiting_approval')]);
    expect((await member.post(`/v1/work-items/${good}/approve`)).status).toBe(200);
    expect((await member.post(`/v1/work-items/${bad}/reject`, { reason: 'no' })).status).toBe(200);
    await reaches(good, 'completed');
    await reaches(bad, 'deleted');
    const quota = await member.until(`/v1/projects/${projectId}/quota`, ({ body }) => body.use.openWorkItems === 0);
    expect(quota.body.limits).toEqual({ maxOpenWorkItems: 1000, maxConcurrentRuns: 100, maxRunMinutesPerDay: null });
  });

  it('cancels what runs, and tries again what failed', async () => {
    const projectId = await newProject();
    const long = (await newItem(projectId, { toolRecipe: noop({ durationMs: 60_000 }) })).body.id;
    await reaches(long, 'running');
    expect((await member.post(`/v1/work-items/${long}/cancel`, { reason: 'changed my mind' })).status).toBe(200);
    await reaches(long, 'cancelled');

    const missing = pathToFileURL(join(folder, 'nowhere')).href;
    const recipe = { steps: [{ tool: 'repository.analyze', with: { repositoryUrl: missing } }] };
    const failing = (await newItem(projectId, { toolRecipe: recipe, retry: { maxAttempts: 1 } })).body.id;
    const failed = await reaches(failing, 'failed');
    expect(failed.body.error.code).toBe('REPOSITORY_NOT_FOUND');
    expect((await member.post(`/v1/work-items/${failing}/retry`)).status).toBe(200);
    await member.until(
      `/v1/work-items/${failing}`,
      ({ body }) => body.state === 'failed' && body.attempt === 2,
      60_000,
    );
  });

  it('answers every mistake with its code and stores nothing', async () => {
    const projectId = await newProject();
    const problems: [Promise<{ status: number; body: { code: string } }>, number, string][] = [
      [nobody.get('/v1/projects'), 401, 'UNAUTHENTICATED'],
      [auditor.post('/v1/projects', { name: 'x' }), 403, 'FORBIDDEN'],
      [member.post('/v1/projects', { name: '' }), 400, 'VALIDATION_FAILED'],
      [member.post('/v1/projects', { name: 'x', color: 'red' }), 400, 'VALIDATION_FAILED'],
      [member.call('POST', '/v1/projects', { rawBody: '{"name":' }), 400, 'MALFORMED_JSON'],
      [
        member.call('POST', '/v1/projects', { rawBody: JSON.stringify({ name: 'x'.repeat(1_100_000) }) }),
        413,
        'PAYLOAD_TOO_LARGE',
      ],
      [
        member.call('POST', '/v1/projects', { rawBody: 'name=x', headers: { 'content-type': 'text/plain' } }),
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      ],
      [member.get(`/v1/projects/${uuidv7()}`), 404, 'NOT_FOUND'],
      [member.get('/v1/projects?surprise=1'), 400, 'VALIDATION_FAILED'],
      [member.get('/v1/projects?after=nonsense'), 400, 'VALIDATION_FAILED'],
      [newItem(projectId, { dependsOn: [uuidv7()] }), 409, 'UNKNOWN_DEPENDENCY'],
      [
        member.put(`/v1/projects/${projectId}/vision`, { statement: 'x' }, { 'if-match': '"7"' }),
        412,
        'VERSION_MISMATCH',
      ],
    ];
    for (const [answer, status, code] of problems) {
      expect(await answer).toMatchObject({ status, body: { status, code, correlationId: expect.any(String) } });
    }
  });

  it('gives the same answer to the same key, and refuses another request under it', async () => {
    const headers = { 'idempotency-key': uuidv7() };
    const first = await member.post('/v1/projects', { name: 'Once' }, headers);
    const again = await member.post('/v1/projects', { name: 'Once' }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await member.post('/v1/projects', { name: 'Twice' }, headers);
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('refuses commands on archived projects and closed items', async () => {
    const projectId = await newProject();
    const { id } = (await newItem(projectId, {})).body;
    await reaches(id, 'completed');
    expect((await member.post(`/v1/work-items/${id}/cancel`)).body.code).toBe('WORK_ITEM_CLOSED');
    expect((await member.post(`/v1/projects/${projectId}/archive`)).status).toBe(200);
    expect((await member.post(`/v1/projects/${projectId}/archive`)).body.events).toEqual([]);
    expect((await member.put(`/v1/projects/${projectId}/vision`, { statement: 'late' })).body.code).toBe(
      'PROJECT_ARCHIVED',
    );
  });

  it('reads its own writes with the consistency token', async () => {
    const { body } = await member.post('/v1/projects', { name: 'Mine' });
    const read = await member.get(`/v1/projects/${body.id}`, { 'x-consistency-token': body.consistencyToken });
    expect(read).toMatchObject({ status: 200, body: { name: 'Mine', version: 1 } });
    expect(read.headers.get('etag')).toBe('"1"');
  });

  liveStreamsShowWhatHappens(() => system);

  it('goes on after every service was killed', async () => {
    const projectId = await newProject();
    const items = await Promise.all(Array.from({ length: 10 }, () => newItem(projectId, {})));
    for (const app of ['work-item', 'scheduler', 'agent-manager', 'project', 'projector', 'notification'])
      system.kill(app);
    for (const { body, status } of items) {
      expect(status).toBe(202);
      await reaches(body.id, 'completed');
    }
  });

  it('rebuilds a read model that equals the live one, and keeps a gapless audit trail', async () => {
    const started = await operator.post('/v1/operations/projections/work_items/rebuild');
    expect(started.status).toBe(202);
    const done = await operator.until(
      '/v1/operations/projections/work_items',
      ({ body }) => body.rebuild?.generation === started.body.generation && body.rebuild.finishedAt !== null,
      60_000,
    );
    expect(done.body.rebuild).toMatchObject({ phase: 'swapped', report: { equal: true, differences: [] } });
    const audit = new Client({ connectionString: system.contents().databases.audit });
    await audit.connect();
    const { rows } = await audit.query(
      'select count(*)::int as records, max(index)::int + 1 as indexes from audit.records',
    );
    await audit.end();
    expect(rows[0].records).toBeGreaterThan(100);
    expect(rows[0].records).toBe(rows[0].indexes);
    const refused = await auditor.get('/v1/audit/records?outcome=refused&first=1');
    expect(refused.body.items).toHaveLength(1);
  });
});

function git(args: readonly string[]): void {
  execFileSync('git', args, { stdio: 'pipe' });
}
