import { randomUUID } from 'node:crypto';
import { member, startProjectService, stranger, type ProjectService } from './project-service.fixture';

const auditor: typeof member = { ...member, roles: ['auditor'] };

describe('the state of a project at any time', () => {
  let service: ProjectService;
  let projectId: string;

  beforeAll(async () => {
    service = await startProjectService();
    projectId = (await service.send('POST', '/v1/projects', { name: 'First' })).body.id;
    await service.send('PATCH', `/v1/projects/${projectId}`, { name: 'Second' });
    await service.send('POST', `/v1/projects/${projectId}/archive`, {});
  });
  afterAll(() => service[Symbol.asyncDispose]());

  const ask = (query = '', caller = auditor, stream = `Project-${projectId}`) =>
    service.send('GET', `/v1/operations/streams/${stream}${query}`, undefined, { caller });

  it('is what its decider made of its events', async () => {
    const stream = `Project-${projectId}`;
    expect((await ask()).body).toMatchObject({ stream, version: 3, currentVersion: 3, state: { status: 'archived' } });
    const first = (await ask('?version=1')).body;
    expect(first).toMatchObject({ version: 1, type: 'ProjectCreated', state: { status: 'active' } });
    const atFirst = await ask(`?at=${encodeURIComponent(first.recordedAt as string)}`);
    expect(atFirst.body).toEqual(first);
    expect((await ask('', auditor, stream.toUpperCase().replace('PROJECT', 'Project'))).body.version).toBe(3);
  });

  it('is for operators and auditors of the tenant', async () => {
    expect((await ask('', member)).status).toBe(403);
    expect((await ask('', { ...stranger, roles: ['operator'] })).status).toBe(404);
    expect((await ask('', auditor, `Project-${randomUUID()}`)).status).toBe(404);
    expect((await ask('', auditor, `WorkItem-${projectId}`)).status).toBe(404);
    expect((await ask('?version=4')).status).toBe(404);
    expect((await ask('?at=2020-01-01T00:00:00Z')).status).toBe(404);
  });

  it.each(['?version=0', '?version=x', '?at=yesterday', '?version=1&at=2026-01-01T00:00:00Z', '?when=now'])(
    'is not asked with %s',
    async (query) => {
      expect((await ask(query)).status).toBe(400);
    },
  );

  it('is not asked of what is no stream', async () => {
    expect((await ask('', auditor, 'Project-1')).status).toBe(400);
  });
});
