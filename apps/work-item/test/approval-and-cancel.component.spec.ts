import { v7 as uuidv7 } from 'uuid';
import { WorkItemUnderTest, type CreatedItem } from './work-item-under-test';

describe('people and a work item', () => {
  let service: WorkItemUnderTest;
  beforeAll(async () => {
    service = await WorkItemUnderTest.start();
  });
  afterAll(() => service.stop());

  const post = (item: CreatedItem, verb: string, body: object = {}) =>
    service.http('POST', `/v1/work-items/${item.id}/${verb}`, { body });

  describe('approval', () => {
    async function awaiting(): Promise<CreatedItem> {
      const item = await service.create({ requiresApproval: true });
      await service.accept(item.id, 'AssignQuota');
      expect(await service.states(item.id)).toEqual(['awaiting_approval']);
      expect((await service.story(item.processId)).at(-1)).toBe('Waiting AwaitApproval');
      return item;
    }

    it('lets it go on', async () => {
      const item = await awaiting();
      expect(await post(item, 'approve')).toMatchObject({ status: 200, body: { events: ['WorkItemApproved'] } });
      expect(await post(item, 'approve')).toMatchObject({ status: 200, body: { events: [] } });
      await service.accept(item.id, 'ScheduleWorkItem', 'NotifySubscribers');
      expect(await service.states(item.id)).toEqual(['awaiting_approval', 'scheduled']);
      expect((await service.story(item.processId)).at(-1)).toBe('Completed');
    });

    it('that is rejected undoes the creation', async () => {
      const item = await awaiting();
      expect(await post(item, 'reject', { reason: 'too dear' })).toMatchObject({ status: 200 });
      expect(await post(item, 'approve')).toMatchObject({ status: 409, body: { code: 'APPROVAL_ALREADY_DECIDED' } });
      await service.accept(item.id, 'ReleaseQuota');
      expect(await service.states(item.id)).toEqual(['awaiting_approval', 'deleted']);
      expect((await service.events('WorkItem', item.id)).at(-1)).toMatchObject({ data: { reason: 'too dear' } });
      expect((await service.events('Process', item.processId)).at(-1)).toMatchObject({
        type: 'ProcessCompensated',
        data: { error: { code: 'REJECTED', message: 'too dear' } },
      });
    });

    it('is refused before it is asked for, and recorded as refused', async () => {
      const item = await service.create({ requiresApproval: true });
      expect(await post(item, 'approve')).toMatchObject({
        status: 409,
        body: { code: 'WORK_ITEM_NOT_AWAITING_APPROVAL' },
      });
      expect((await service.sent(item.id)).at(-1)).toMatchObject({
        kind: 'reply',
        data: { commandType: 'ApproveWorkItem', outcome: 'refused', code: 'WORK_ITEM_NOT_AWAITING_APPROVAL' },
      });
    });
  });

  describe('cancelling', () => {
    const steps: readonly (readonly [during: string, accepted: readonly string[], undoing: readonly string[]])[] = [
      ['AssignQuota', [], ['ReleaseQuota']],
      ['AwaitApproval', ['AssignQuota'], ['ReleaseQuota']],
      ['ScheduleTask', ['AssignQuota', 'approve'], ['UnscheduleTask', 'ReleaseQuota']],
      ['NotifySubscribers', ['AssignQuota', 'approve', 'ScheduleWorkItem'], ['UnscheduleTask', 'ReleaseQuota']],
    ];

    it.each(steps)(
      'during %s undoes what is done or in doubt, and stays cancelled',
      async (step, accepted, undoing) => {
        const item = await service.create({ requiresApproval: true });
        for (const type of accepted) {
          await (type === 'approve' ? post(item, 'approve') : service.accept(item.id, type));
        }
        expect((await service.story(item.processId)).at(-1)).toContain(step);
        const inDoubt = (await service.sent(item.id)).at(-1)!;
        expect(await post(item, 'cancel', { reason: 'enough' })).toMatchObject({ status: 200 });
        expect((await service.states(item.id)).at(-1)).toBe('cancelled');
        await service.reply(inDoubt);
        await service.accept(item.id, ...undoing);
        expect((await service.states(item.id)).at(-1)).toBe('cancelled');
        const process = await service.events('Process', item.processId);
        expect(process.at(-1)).toMatchObject({ type: 'ProcessCompensated', data: { error: { code: 'CANCELLED' } } });
        expect(process.at(-2)).toMatchObject({
          type: 'ProcessStepCompensated',
          data: { step: 'CreateWorkItem', compensation: null },
        });
        expect(await service.deadlineOf(item.processId)).toBeNull();
      },
    );

    it('after the process has ended gives the quota back itself', async () => {
      const item = await service.create();
      await service.accept(item.id, 'AssignQuota', 'ScheduleWorkItem', 'NotifySubscribers');
      expect(await post(item, 'cancel')).toMatchObject({ status: 200, body: { events: ['WorkItemStateChanged'] } });
      expect(await service.lastCommand(item.id, 'ReleaseQuota')).toMatchObject({
        data: { grantId: item.processId, processId: null },
      });
      expect(await post(item, 'cancel')).toMatchObject({ status: 200, body: { events: [] } });
    });

    it('is final: a run that completes later changes nothing', async () => {
      const item = await service.create();
      await service.accept(item.id, 'AssignQuota', 'ScheduleWorkItem', 'NotifySubscribers');
      await post(item, 'cancel');
      const run = { runId: uuidv7(), workItemId: item.id, projectId: item.projectId, attempt: 1 };
      await service.facts({ type: 'RunCompleted', stream: 'Run-1', data: { ...run, result: null, artifacts: [] } });
      expect(await service.states(item.id)).toEqual(['scheduled', 'cancelled']);
    });
  });

  describe('retrying a failed item', () => {
    const error = { code: 'E', message: 'broken' };
    const fact = (item: CreatedItem, attempt: number) => ({
      runId: uuidv7(),
      workItemId: item.id,
      projectId: item.projectId,
      attempt,
      error,
    });

    async function failed(): Promise<CreatedItem> {
      const item = await service.create();
      await service.accept(item.id, 'AssignQuota', 'ScheduleWorkItem', 'NotifySubscribers');
      await service.facts({ type: 'TaskFailed', stream: `Task-${item.id}`, data: fact(item, 1) });
      expect((await service.states(item.id)).at(-1)).toBe('failed');
      return item;
    }

    it('takes a grant of its own, goes on counting attempts, and is done once', async () => {
      const item = await failed();
      const answers = await Promise.all([post(item, 'retry'), post(item, 'retry')]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.map(({ body }) => body['events'].length).toSorted()).toEqual([0, 1]);
      const grantId = (await service.lastCommand(item.id, 'AssignQuota')).data['grantId'];
      expect(grantId).not.toBe(item.processId);
      await service.accept(item.id, 'AssignQuota');
      expect((await service.states(item.id)).at(-1)).toBe('failed');
      expect(await service.lastCommand(item.id, 'ScheduleWorkItem')).toMatchObject({
        data: { firstAttempt: 2, processId: grantId },
      });
      await service.accept(item.id, 'ScheduleWorkItem');
      expect((await service.events('WorkItem', item.id)).at(-1)).toMatchObject({
        data: { previousState: 'failed', newState: 'scheduled', processId: grantId },
      });
      expect(await post(item, 'retry')).toMatchObject({ status: 409, body: { code: 'WORK_ITEM_NOT_FAILED' } });
      const second = fact(item, 2);
      const data = { ...second, result: null, artifacts: [] };
      await service.facts({ type: 'RunCompleted', stream: 'Run-2', data });
      expect((await service.states(item.id)).slice(-2)).toEqual(['running', 'completed']);
      expect(await service.lastCommand(item.id, 'ReleaseQuota')).toMatchObject({ data: { grantId } });
    });

    it('leaves it failed when the quota is refused, and can be asked for again', async () => {
      const item = await failed();
      await post(item, 'retry');
      await service.refuse(item.id, 'AssignQuota', 'QUOTA_EXCEEDED');
      expect((await service.states(item.id)).at(-1)).toBe('failed');
      expect(await post(item, 'retry')).toMatchObject({ body: { events: ['WorkItemRetryRequested'] } });
    });
  });
});
