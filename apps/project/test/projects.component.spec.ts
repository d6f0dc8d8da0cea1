import { randomUUID } from 'node:crypto';
import { eventually } from '@codex/testing';
import { member, startProjectService, stranger, type Answer, type ProjectService } from './project-service.fixture';

let service: ProjectService;
beforeAll(async () => void (service = await startProjectService()));
afterAll(() => service[Symbol.asyncDispose]());

const create = (body: object = { name: 'Apollo' }, options = {}): Promise<Answer> =>
  service.send('POST', '/v1/projects', body, options);
const createdId = async (): Promise<string> => (await create()).body.id;

describe('POST /v1/projects', () => {
  it('creates a project and answers with a receipt', async () => {
    const { status, headers, body } = await create({
      name: 'Apollo',
      description: 'x',
      repositoryUrl: 'file:///srv/a',
    });
    expect(status).toBe(201);
    expect(headers).toMatchObject({
      location: `/v1/projects/${body.id}`,
      'x-consistency-token': body.consistencyToken,
    });
    expect(body).toEqual({
      id: expect.any(String),
      commandId: expect.any(String),
      stream: `Project-${body.id}`,
      version: 1,
      events: ['ProjectCreated'],
      consistencyToken: `Project-${body.id}@1`,
    });
    const [event] = await service.parts.store.read(body.stream);
    expect(event).toMatchObject({
      tenantId: member.tenantId,
      metadata: { actor: member.actor, commandId: body.commandId, correlationId: headers['x-correlation-id'] },
      data: {
        projectId: body.id,
        name: 'Apollo',
        description: 'x',
        repositoryUrl: 'file:///srv/a',
        createdBy: 'tester',
      },
    });
  });

  it.each<[string, unknown]>([
    ['no name', {}],
    ['an empty name', { name: '' }],
    ['a blank name', { name: '  ' }],
    ['a long name', { name: 'x'.repeat(201) }],
    ['a name of another type', { name: 7 }],
    ['a long description', { name: 'a', description: 'x'.repeat(10_001) }],
    ['credentials', { name: 'a', repositoryUrl: 'https://me:secret@example.org/a' }],
    ['another kind of URL', { name: 'a', repositoryUrl: 'ext::sh -c id' }],
    ['an unknown field', { name: 'a', tenantId: randomUUID() }],
    ['a list', []],
  ])('refuses %s', async (_, body) => {
    const answer = await service.send('POST', '/v1/projects', body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: expect.any(Array) } });
  });

  it('needs a member', async () => {
    const auditor = { ...member, roles: ['auditor'] };
    expect(await create({ name: 'a' }, { caller: auditor })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
  });

  it('repeats its answer for a repeated key, and refuses the key for anything else', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const first = await create({ name: 'once' }, { headers });
    const again = await create({ name: 'once' }, { headers });
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    expect(again.headers['location']).toBe(first.headers['location']);
    expect(await create({ name: 'other' }, { headers })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
    expect((await create({ name: 'once' }, { headers, caller: stranger })).body.id).not.toBe(first.body.id);
  });
});

describe('a project', () => {
  it('takes every command, in one stream', async () => {
    const id = await createdId();
    const path = `/v1/projects/${id}`;
    const added = await service.send('POST', `${path}/requirements`, { title: 'Fast' });
    expect(added).toMatchObject({ status: 201, headers: { location: `${path}/requirements/${added.body.id}` } });
    expect(added.body).toMatchObject({ stream: `Project-${id}`, version: 2, events: ['RequirementAdded'] });
    const rid = added.body.id;
    const answers = [
      await service.send('PATCH', path, { name: 'Gemini' }),
      await service.send('PUT', `${path}/vision`, { statement: 'To the moon' }),
      await service.send('PATCH', `${path}/requirements/${rid}`, { status: 'met' }),
      await service.send('DELETE', `${path}/requirements/${rid}`),
      await service.send('POST', `${path}/pause`),
      await service.send('POST', `${path}/resume`, { reason: 'rested' }),
      await service.send('POST', `${path}/archive`, { reason: 'done' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    const events = await service.parts.store.read(`Project-${id}`);
    expect(events.map(({ type }) => type)).toEqual([
      'ProjectCreated',
      'RequirementAdded',
      'ProjectDetailsChanged',
      'VisionSet',
      'RequirementChanged',
      'RequirementRemoved',
      'ProjectPaused',
      'ProjectResumed',
      'ProjectArchived',
    ]);
  });

  it('that is archived refuses every command and is archived already', async () => {
    const id = await createdId();
    const path = `/v1/projects/${id}`;
    await service.send('POST', `${path}/archive`);
    const refused = [
      await service.send('PATCH', path, { name: 'x' }),
      await service.send('PUT', `${path}/vision`, { statement: 'x' }),
      await service.send('POST', `${path}/requirements`, { title: 'x' }),
      await service.send('PUT', `${path}/quota`, { maxOpenWorkItems: 1 }),
      await service.send('POST', `${path}/pause`),
    ];
    for (const answer of refused) expect(answer).toMatchObject({ status: 409, body: { code: 'PROJECT_ARCHIVED' } });
    expect(await service.send('POST', `${path}/archive`)).toMatchObject({
      status: 200,
      body: { events: [], version: 2 },
    });
  });

  it('does not exist for another tenant, nor does an unknown one, and nothing is recorded about either', async () => {
    const id = await createdId();
    for (const [caller, project] of [[stranger, id] as const, [member, randomUUID()] as const]) {
      for (const [method, path, body] of [
        ['PATCH', `/v1/projects/${project}`, { name: 'x' }],
        ['PUT', `/v1/projects/${project}/quota`, { maxOpenWorkItems: 1 }],
        ['POST', `/v1/projects/${project}/archive`, {}],
        ['POST', `/v1/projects/${project}/requirements`, { title: 'x' }],
      ] as const) {
        const isConditional = path.endsWith('quota') || path.endsWith('requirements');
        const headers: Record<string, string> = isConditional ? { 'if-match': '"7"' } : {};
        const answer = await service.send(method, path, body, { caller, headers });
        expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
      }
    }
    expect(await service.parts.store.read(`Project-${id}`)).toHaveLength(1);
    expect(await service.parts.store.read(`ProjectQuota-${id}`)).toHaveLength(0);
    expect(await repliesAbout(`Project-${id}`)).toEqual([]);
  });

  it('changes only in the version that was asked for', async () => {
    const id = await createdId();
    const change = (version: number, name: string): Promise<Answer> =>
      service.send('PATCH', `/v1/projects/${id}`, { name }, { headers: { 'if-match': `"${version}"` } });
    expect(await change(1, 'second')).toMatchObject({ status: 200, body: { version: 2 } });
    expect(await change(1, 'third')).toMatchObject({ status: 412, body: { code: 'VERSION_MISMATCH' } });
    expect(await service.parts.store.read(`Project-${id}`)).toHaveLength(2);
  });

  it('takes concurrent commands one after the other', async () => {
    const id = await createdId();
    const titles = Array.from({ length: 20 }, (_, index) => `requirement ${index}`);
    const answers = await Promise.all(
      titles.map((title) => service.send('POST', `/v1/projects/${id}/requirements`, { title })),
    );
    expect(answers.map(({ status }) => status)).toEqual(titles.map(() => 201));
    expect(new Set(answers.map(({ body }) => body.version)).size).toBe(20);
  });

  it('leaves a reply for the audit trail when it refuses', async () => {
    const id = await createdId();
    await service.send('POST', `/v1/projects/${id}/archive`);
    await service.send('PUT', `/v1/projects/${id}/vision`, { statement: 'x' });
    const [reply] = await eventually(async () => {
      const replies = await repliesAbout(`Project-${id}`);
      return replies.length === 1 && replies;
    });
    expect(reply).toMatchObject({
      commandType: 'SetVision',
      target: `Project-${id}`,
      outcome: 'refused',
      code: 'PROJECT_ARCHIVED',
      actor: member.actor,
      projectId: id,
    });
  });
});

describe('PUT /v1/projects/{id}/quota', () => {
  it('writes the stream of the quota, whose version counts', async () => {
    const id = await createdId();
    const put = (body: object, headers = {}): Promise<Answer> =>
      service.send('PUT', `/v1/projects/${id}/quota`, body, { headers });
    expect((await put({ maxOpenWorkItems: 5 })).body).toMatchObject({ id, stream: `ProjectQuota-${id}`, version: 1 });
    expect((await put({ maxOpenWorkItems: 5 })).body).toMatchObject({ version: 1, events: [] });
    expect(await put({ maxOpenWorkItems: null }, { 'if-match': '"7"' })).toMatchObject({ status: 412 });
    expect(await put({ maxOpenWorkItems: -1 })).toMatchObject({ status: 400 });
    const [event] = await service.parts.store.read(`ProjectQuota-${id}`);
    expect(event!.data).toEqual({
      projectId: id,
      maxOpenWorkItems: 5,
      maxConcurrentRuns: 100,
      maxRunMinutesPerDay: null,
    });
  });
});

async function repliesAbout(stream: string): Promise<readonly unknown[]> {
  const { rows } = await service.parts.pool.query<{ schema_id: number; data: Buffer }>(
    `select schema_id, data from event_store.events where stream = $1 and kind = 'reply' order by position`,
    [stream],
  );
  return rows.map((row) => service.parts.codec.decode(row.schema_id, row.data).data);
}
