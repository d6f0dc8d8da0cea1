import { v7 as uuidv7 } from 'uuid';
import { OTHER_TENANT } from './messages';
import { WorkItemUnderTest } from './work-item-under-test';

const recipe = { steps: [{ tool: 'noop', with: {} }] };
const body = { title: 'Look around', toolRecipe: recipe };
const of = (size: number, text = 'x') => text.repeat(size);

describe('the HTTP commands of work items', () => {
  let service: WorkItemUnderTest;
  beforeAll(async () => {
    service = await WorkItemUnderTest.start();
  });
  afterAll(() => service.stop());

  const create = (request: object, projectId: string = uuidv7()) =>
    service.http('POST', `/v1/projects/${projectId}/work-items`, request);

  it('answers a creation with 202, the ids, the location and the token', async () => {
    const answer = await create({ body });
    const { id, processId, commandId } = answer.body;
    expect(answer).toMatchObject({
      status: 202,
      headers: { location: `/v1/work-items/${id}`, 'x-consistency-token': `WorkItem-${id}@2` },
      body: { consistencyToken: `WorkItem-${id}@2` },
    });
    for (const uuid of [id, processId, commandId]) expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(Object.keys(answer.body).toSorted()).toEqual(['commandId', 'consistencyToken', 'id', 'processId']);
  });

  it.each<[string, unknown, string]>([
    ['no title', { toolRecipe: recipe }, 'title'],
    ['a blank title', { ...body, title: '  ' }, 'title'],
    ['a long title', { ...body, title: of(201) }, 'title'],
    ['a long description', { ...body, description: of(10_001) }, 'description'],
    ['no steps', { ...body, toolRecipe: { steps: [] } }, 'toolRecipe.steps'],
    ['51 steps', { ...body, toolRecipe: { steps: Array(51).fill(recipe.steps[0]) } }, 'toolRecipe.steps'],
    ['an unknown field', { ...body, state: 'completed' }, 'state'],
    [
      'an unknown field of a step',
      { ...body, toolRecipe: { steps: [{ tool: 'noop', x: 1 }] } },
      'toolRecipe.steps.0.x',
    ],
    [
      'input above 64 KiB',
      { ...body, toolRecipe: { steps: [{ tool: 'noop', with: of(65_536) }] } },
      'toolRecipe.steps.0.with',
    ],
    ['priority 10', { ...body, priority: 10 }, 'priority'],
    ['101 dependencies', { ...body, dependsOn: Array.from({ length: 101 }, () => uuidv7()) }, 'dependsOn'],
    ['a dependency that is no id', { ...body, dependsOn: ['x'] }, 'dependsOn.0'],
    [
      '33 labels',
      { ...body, labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`l${i}`, 'v'])) },
      'labels',
    ],
    ['a long label name', { ...body, labels: { [of(64)]: 'v' } }, `labels.${of(64)}`],
    ['a long label', { ...body, labels: { l: of(256) } }, 'labels.l'],
    ['no attempts', { ...body, retry: { maxAttempts: 0 } }, 'retry.maxAttempts'],
    ['21 attempts', { ...body, retry: { maxAttempts: 21 } }, 'retry.maxAttempts'],
    ['backoff upside down', { ...body, retry: { initialBackoffMs: 2, maxBackoffMs: 1 } }, 'retry.maxBackoffMs'],
    ['a date without a zone', { ...body, notBefore: '2030-01-01T00:00:00' }, 'notBefore'],
    ['no time at all', { ...body, timeoutMs: 0 }, 'timeoutMs'],
  ])('refuses %s', async (_, wrong, path) => {
    const answer = await create({ body: wrong });
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(answer.body['errors'].map((mistake: { path: string }) => mistake.path)).toContain(path);
  });

  it('takes the longest of everything', async () => {
    const labels = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`${i}`.padStart(63, 'l'), of(255)]));
    const longest = { ...body, title: of(200), description: of(10_000, 'ä'), labels, retry: { maxAttempts: 20 } };
    expect(await create({ body: longest })).toMatchObject({ status: 202 });
  });

  it('refuses with 413 what could not be published, and stores nothing', async () => {
    const projectId = uuidv7();
    const steps = Array.from({ length: 6 }, () => ({ tool: 'noop', with: { result: of(60_000) } }));
    expect(await create({ body: { ...body, toolRecipe: { steps } } }, projectId)).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE' },
    });
    expect((await service.sentTo(`ProjectQuota-${projectId}`)).length).toBe(0);
  });

  it('refuses ids that are none', async () => {
    expect(await create({ body }, 'x')).toMatchObject({ status: 400 });
    expect(await service.http('POST', '/v1/work-items/x/cancel')).toMatchObject({ status: 400 });
  });

  it('gives the same answer to the same idempotency key, and refuses another body', async () => {
    const [projectId, headers] = [uuidv7(), { 'idempotency-key': uuidv7() }];
    const first = await create({ body, headers }, projectId);
    const again = await create({ body, headers }, projectId);
    expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' }, body: first.body });
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(await create({ body: { ...body, title: 'Another' }, headers }, projectId)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect((await service.sentTo(`ProjectQuota-${projectId}`)).length).toBe(1);
  });

  it('has one effect for simultaneous requests with one key', async () => {
    const [projectId, headers] = [uuidv7(), { 'idempotency-key': uuidv7() }];
    const answers = await Promise.all(Array.from({ length: 5 }, () => create({ body, headers }, projectId)));
    for (const { status } of answers) expect([202, 409]).toContain(status);
    expect((await service.sentTo(`ProjectQuota-${projectId}`)).length).toBe(1);
  });

  it.each(['cancel', 'approve', 'reject', 'retry'])('checks If-Match of %s', async (verb) => {
    const { id } = await service.create();
    const answer = await service.http('POST', `/v1/work-items/${id}/${verb}`, { headers: { 'if-match': '"1"' } });
    expect(answer).toMatchObject({ status: 412, body: { code: 'VERSION_MISMATCH' } });
  });

  it('changes the priority, and answers a receipt', async () => {
    const { id } = await service.create();
    const change = { body: { priority: 9 }, headers: { 'if-match': '"2"' } };
    expect(await service.http('PUT', `/v1/work-items/${id}/priority`, change)).toMatchObject({
      status: 200,
      headers: { 'x-consistency-token': `WorkItem-${id}@3` },
      body: { id, stream: `WorkItem-${id}`, version: 3, events: ['WorkItemPriorityChanged'] },
    });
    expect(await service.http('PUT', `/v1/work-items/${id}/priority`, change)).toMatchObject({ status: 412 });
    await service.accept(id, 'AssignQuota');
    expect(await service.lastCommand(id, 'ScheduleWorkItem')).toMatchObject({ data: { priority: 9 } });
  });

  it('knows nothing of what belongs to another tenant', async () => {
    const { id } = await service.create();
    const answers = await Promise.all(
      ['cancel', 'approve', 'reject', 'retry'].map((verb) =>
        service.http('POST', `/v1/work-items/${id}/${verb}`, { tenantId: OTHER_TENANT }),
      ),
    );
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const unknown = await service.http('POST', `/v1/work-items/${uuidv7()}/cancel`);
    expect(unknown).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('refuses what can come to nothing: archived and foreign projects', async () => {
    const [mine, theirs] = [uuidv7(), uuidv7()];
    const fact = (type: string, id: string) => ({ type, stream: `Project-${id}`, data: { projectId: id } });
    await service.facts(fact('ProjectCreated', mine), { ...fact('ProjectCreated', theirs), tenantId: OTHER_TENANT });
    expect(await create({ body }, mine)).toMatchObject({ status: 202 });
    expect(await create({ body }, theirs)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    await service.facts(fact('ProjectArchived', mine));
    expect(await create({ body }, mine)).toMatchObject({ status: 409, body: { code: 'PROJECT_ARCHIVED' } });
  });

  it('refuses a dependency that does not exist for the tenant', async () => {
    const first = await service.create();
    expect(await create({ body: { ...body, dependsOn: [first.id, first.id] } })).toMatchObject({ status: 202 });
    const unknown = { body: { ...body, dependsOn: [first.id, uuidv7()] } };
    expect(await create(unknown)).toMatchObject({ status: 409, body: { code: 'UNKNOWN_DEPENDENCY' } });
    const foreign = { body: { ...body, dependsOn: [first.id] }, tenantId: OTHER_TENANT };
    expect(await create(foreign)).toMatchObject({ status: 409, body: { code: 'UNKNOWN_DEPENDENCY' } });
  });

  it('lists the tools with their schemas', async () => {
    const { status, body: list } = await service.http('GET', '/v1/tools', { roles: ['auditor'] });
    expect(status).toBe(200);
    expect(list['items'].map((tool: { name: string }) => tool.name)).toEqual([
      'repository.analyze',
      'process.run',
      'noop',
    ]);
    expect(list['items'][2]).toMatchObject({ inputSchema: { type: 'object', additionalProperties: false } });
  });

  it('lets only the right roles in', async () => {
    const { id, processId } = await service.create();
    for (const role of ['operator', 'auditor', 'agent']) {
      expect(await create({ body, roles: [role] })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
      expect(await service.http('POST', `/v1/work-items/${id}/cancel`, { roles: [role] })).toMatchObject({
        status: 403,
      });
    }
    const skip = { body: { reason: 'x' }, roles: ['member'] };
    expect(await service.http('POST', `/v1/processes/${processId}/skip`, skip)).toMatchObject({ status: 403 });
  });
});
