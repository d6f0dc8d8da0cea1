import { v7 as uuidv7 } from 'uuid';
import { WorkItemUnderTest } from './work-item-under-test';

describe('the creation of a work item', () => {
  let service: WorkItemUnderTest;
  beforeAll(async () => {
    service = await WorkItemUnderTest.start();
  });
  afterAll(() => service.stop());

  const run = (item: { id: string; projectId: string }, attempt = 1) => ({
    runId: uuidv7(),
    workItemId: item.id,
    projectId: item.projectId,
    attempt,
  });

  it('stores the item, its process and the first command together', async () => {
    const { id, processId, projectId } = await service.create();
    expect((await service.events('WorkItem', id)).map(({ type }) => type)).toEqual([
      'WorkItemCreated',
      'ToolRecipeValidated',
    ]);
    expect(await service.story(processId)).toEqual([
      'Started',
      'StepStarted CreateWorkItem do',
      'StepSucceeded CreateWorkItem',
      'StepStarted ValidateToolRecipe do',
      'StepSucceeded ValidateToolRecipe',
      'StepStarted AssignQuota do',
    ]);
    const data = { projectId, workItemId: id, grantId: processId, processId };
    expect(await service.sent(id)).toMatchObject([{ type: 'AssignQuota', stream: `ProjectQuota-${projectId}`, data }]);
  });

  it('goes on to completed, and gives the quota back', async () => {
    const item = await service.create({ priority: 7, labels: { a: 'b' }, notBefore: '2030-01-01T00:00:00+01:00' });
    await service.accept(item.id, 'AssignQuota');
    expect(await service.lastCommand(item.id, 'ScheduleWorkItem')).toMatchObject({
      stream: `Task-${item.id}`,
      data: {
        processId: item.processId,
        priority: 7,
        tools: ['noop'],
        notBefore: '2029-12-31T23:00:00.000Z',
        firstAttempt: 1,
        retry: { maxAttempts: 3, initialBackoffMs: 4000, maxBackoffMs: 10000 },
        scheduledBy: 'key-test',
      },
    });
    await service.accept(item.id, 'ScheduleWorkItem');
    expect(await service.states(item.id)).toEqual(['scheduled']);
    expect(await service.lastCommand(item.id, 'NotifySubscribers')).toMatchObject({
      stream: `WorkItem-${item.id}`,
      data: { title: 'Look around', createdBy: 'key-test' },
    });
    await service.accept(item.id, 'NotifySubscribers');
    expect((await service.story(item.processId)).at(-1)).toBe('Completed');
    const first = run(item);
    await service.facts({ type: 'RunStarted', stream: `Run-${first.runId}`, data: first });
    const result = { ...first, result: { n: 1 }, artifacts: [] };
    await service.facts({ type: 'RunCompleted', stream: `Run-${first.runId}`, data: result });
    expect((await service.events('WorkItem', item.id)).at(-1)).toMatchObject({
      data: { previousState: 'running', newState: 'completed', runId: first.runId, attempt: 1, result: { n: 1 } },
    });
    expect(await service.lastCommand(item.id, 'ReleaseQuota')).toMatchObject({
      data: { grantId: item.processId, processId: null },
    });
  });

  it('carries one correlation id from the request to every command', async () => {
    const item = await service.http('POST', `/v1/projects/${uuidv7()}/work-items`, {
      headers: { 'x-correlation-id': 'my-correlation' },
      body: { title: 'x', toolRecipe: { steps: [{ tool: 'noop' }] } },
    });
    expect(item.status).toBe(202);
    const [command] = await service.sent(item.body['id']);
    expect(command).toMatchObject({ type: 'AssignQuota', correlationId: 'my-correlation' });
  });

  it('decides many answers at once, with one append', async () => {
    const items = await Promise.all(Array.from({ length: 20 }, () => service.create()));
    const commands = await Promise.all(items.map(({ id }) => service.lastCommand(id, 'AssignQuota')));
    await service.replyAll(commands);
    for (const { id } of items) expect(await service.commandTypes(id)).toEqual(['AssignQuota', 'ScheduleWorkItem']);
  });

  it.each([
    ['an unknown tool', { steps: [{ tool: 'nope', with: {} }] }, 'UNKNOWN_TOOL'],
    ['bad tool input', { steps: [{ tool: 'noop', with: { durationMs: 'x' } }] }, 'INVALID_TOOL_INPUT'],
  ])('accepts %s and undoes it at once, with the reason in both', async (_, toolRecipe, code) => {
    const { id, processId } = await service.create({ toolRecipe });
    const [item, process] = [await service.events('WorkItem', id), await service.events('Process', processId)];
    expect(item.map(({ type }) => type)).toEqual(['WorkItemCreated', 'WorkItemStateChanged', 'WorkItemDeleted']);
    expect(item[1]).toMatchObject({ data: { newState: 'deleted', error: { code } } });
    expect(process.at(-1)).toMatchObject({ type: 'ProcessCompensated', data: { error: { code } } });
    expect(await service.sent(id)).toEqual([]);
    expect(await service.deadlineOf(processId)).toBeNull();
  });

  it.each(['NOT_FOUND', 'PROJECT_ARCHIVED', 'QUOTA_EXCEEDED'])(
    'is undone when the project answers %s',
    async (code) => {
      const { id, processId } = await service.create();
      await service.refuse(id, 'AssignQuota', code);
      expect(await service.states(id)).toEqual(['deleted']);
      expect((await service.events('Process', processId)).at(-1)).toMatchObject({
        type: 'ProcessCompensated',
        data: { error: { code } },
      });
      expect(await service.commandTypes(id)).toEqual(['AssignQuota']);
    },
  );

  it('gives the quota back when the scheduler refuses', async () => {
    const { id, processId } = await service.create();
    await service.accept(id, 'AssignQuota');
    await service.refuse(id, 'ScheduleWorkItem', 'NOPE');
    expect(await service.states(id)).toEqual([]);
    await service.accept(id, 'ReleaseQuota');
    expect(await service.states(id)).toEqual(['deleted']);
    expect((await service.story(processId)).at(-1)).toBe('Compensated');
  });

  it('completes without the notification when that is refused', async () => {
    const { id, processId } = await service.create();
    await service.accept(id, 'AssignQuota', 'ScheduleWorkItem');
    await service.refuse(id, 'NotifySubscribers', 'NOPE');
    expect((await service.story(processId)).slice(-2)).toEqual(['StepFailed NotifySubscribers do', 'Completed']);
    expect(await service.states(id)).toEqual(['scheduled']);
  });

  it('takes facts about a run before the scheduler has answered', async () => {
    const item = await service.create();
    await service.accept(item.id, 'AssignQuota');
    const first = run(item);
    const stream = `Run-${first.runId}`;
    await service.facts(
      { type: 'RunStarted', stream, data: first },
      { type: 'RunCompleted', stream, data: { ...first, result: null, artifacts: [] } },
    );
    await service.accept(item.id, 'ScheduleWorkItem', 'NotifySubscribers');
    expect(await service.states(item.id)).toEqual(['scheduled', 'running', 'completed']);
    expect((await service.story(item.processId)).at(-1)).toBe('Completed');
  });

  it('follows the scheduler through a retry to the failure, and gives the quota back once', async () => {
    const item = await service.create();
    await service.accept(item.id, 'AssignQuota', 'ScheduleWorkItem', 'NotifySubscribers');
    const [first, second, error] = [run(item), run(item, 2), { code: 'E', message: 'broken' }];
    const stream = `Task-${item.id}`;
    const dueAt = new Date().toISOString();
    await service.facts({ type: 'RunStarted', stream: 'Run-1', data: first });
    await service.facts({ type: 'TaskRetryScheduled', stream, data: { ...first, nextAttempt: 2, dueAt, error } });
    await service.facts({ type: 'RunStarted', stream: 'Run-2', data: second });
    await service.facts({ type: 'TaskFailed', stream, data: { ...second, error } });
    expect(await service.states(item.id)).toEqual(['scheduled', 'running', 'scheduled', 'running', 'failed']);
    const releases = (await service.commandTypes(item.id)).filter((type) => type === 'ReleaseQuota');
    expect(releases).toHaveLength(1);
  });

  it('ignores facts and answers of another tenant', async () => {
    const item = await service.create();
    const command = await service.lastCommand(item.id, 'AssignQuota');
    await service.reply(command, {}, uuidv7());
    const first = run(item);
    await service.facts({ type: 'RunStarted', stream: 'Run-1', data: first, tenantId: uuidv7() });
    expect(await service.states(item.id)).toEqual([]);
    expect(await service.commandTypes(item.id)).toEqual(['AssignQuota']);
  });
});
