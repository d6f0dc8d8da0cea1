import { v7 as uuidv7 } from 'uuid';
import { WorkItemUnderTest } from './work-item-under-test';

describe('a process that was left alone', () => {
  let service: WorkItemUnderTest;
  beforeAll(async () => {
    service = await WorkItemUnderTest.start();
  });
  afterAll(() => service.stop());

  it('goes on after a restart between any two messages', async () => {
    const item = await service.create({ requiresApproval: true });
    const moves: readonly (() => Promise<unknown>)[] = [
      () => service.accept(item.id, 'AssignQuota'),
      () => service.http('POST', `/v1/work-items/${item.id}/approve`),
      () => service.accept(item.id, 'ScheduleWorkItem'),
      () => service.accept(item.id, 'NotifySubscribers'),
    ];
    for (const move of moves) {
      await service.restart();
      await move();
    }
    expect(await service.states(item.id)).toEqual(['awaiting_approval', 'scheduled']);
    expect((await service.story(item.processId)).at(-1)).toBe('Completed');
  });

  it('is undone when the project stays silent, the grant in doubt included; its late answer changes nothing', async () => {
    const item = await inThePast(11 * 60_000, () => service.create());
    await service.restart();
    expect(await service.driveDeadlines()).toBe(1);
    const asked = await service.lastCommand(item.id, 'AssignQuota');
    expect(await service.commandTypes(item.id)).toEqual(['AssignQuota', 'ReleaseQuota']);
    await service.reply(asked);
    expect(await service.states(item.id)).toEqual([]);
    await service.accept(item.id, 'ReleaseQuota');
    expect((await service.events('WorkItem', item.id)).at(-2)).toMatchObject({
      data: { newState: 'deleted', error: { code: 'TIMED_OUT' } },
    });
    expect((await service.story(item.processId)).at(-1)).toBe('Compensated');
  });

  it('asks a silent scheduler again under the same command id', async () => {
    const item = await service.create();
    await inThePast(60_000, () => service.accept(item.id, 'AssignQuota'));
    expect(await service.driveDeadlines()).toBe(1);
    expect(await service.driveDeadlines()).toBe(0);
    const sent = (await service.sent(item.id)).filter(({ type }) => type === 'ScheduleWorkItem');
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual(sent[1]);
    await service.accept(item.id, 'ScheduleWorkItem');
    expect(await service.states(item.id)).toEqual(['scheduled']);
  });

  it('drives many at once', async () => {
    const items = await inThePast(11 * 60_000, () => Promise.all(Array.from({ length: 30 }, () => service.create())));
    expect(await service.driveDeadlines()).toBe(30);
    for (const { id } of items) expect(await service.commandTypes(id)).toEqual(['AssignQuota', 'ReleaseQuota']);
  });

  describe('whose compensation was refused', () => {
    async function stuck() {
      const item = await service.create();
      await service.accept(item.id, 'AssignQuota');
      await service.refuse(item.id, 'ScheduleWorkItem', 'NOPE');
      await service.refuse(item.id, 'ReleaseQuota', 'BROKEN');
      expect((await service.story(item.processId)).at(-1)).toBe('CompensationFailed AssignQuota');
      expect(await service.metric('processes_compensation_failed')).toBe(1);
      return item;
    }
    const operate = (processId: string, verb: string, body: object = {}) =>
      service.http('POST', `/v1/processes/${processId}/${verb}`, { body, roles: ['operator'] });

    it('is tried again by an operator, as a new command', async () => {
      const item = await stuck();
      const first = await service.lastCommand(item.id, 'ReleaseQuota');
      expect(await operate(item.processId, 'retry')).toMatchObject({
        status: 200,
        body: { events: ['ProcessStepStarted'] },
      });
      expect((await service.lastCommand(item.id, 'ReleaseQuota')).id).not.toBe(first.id);
      await service.accept(item.id, 'ReleaseQuota');
      expect(await service.states(item.id)).toEqual(['deleted']);
      expect(await service.metric('processes_compensation_failed')).toBe(0);
    });

    it('is skipped by an operator with a reason', async () => {
      const item = await stuck();
      expect(await operate(item.processId, 'skip')).toMatchObject({ status: 400 });
      expect(await operate(item.processId, 'skip', { reason: 'released by hand' })).toMatchObject({ status: 200 });
      expect(await service.states(item.id)).toEqual(['deleted']);
      const skipped = (await service.events('Process', item.processId)).find(
        ({ type, data }) => type === 'ProcessStepCompensated' && (data as { step: string }).step === 'AssignQuota',
      );
      expect(skipped).toMatchObject({ data: { compensation: null, skippedReason: 'released by hand' } });
      expect(await service.metric('processes_compensation_failed')).toBe(0);
    });

    it('is nothing to settle otherwise', async () => {
      const { processId } = await service.create();
      expect(await operate(processId, 'retry')).toMatchObject({ status: 409, body: { code: 'PROCESS_NOT_STUCK' } });
      expect(await operate(uuidv7(), 'retry')).toMatchObject({ status: 404 });
    });
  });
});

/** Runs with a clock that is behind, so that deadlines set meanwhile have passed for the database. */
async function inThePast<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const doNotFake = ['nextTick', 'setImmediate', 'setInterval', 'setTimeout', 'queueMicrotask', 'performance'] as const;
  jest.useFakeTimers({
    now: Date.now() - ms,
    doNotFake: [...doNotFake, 'clearImmediate', 'clearInterval', 'clearTimeout', 'hrtime'],
  });
  try {
    return await work();
  } finally {
    jest.useRealTimers();
  }
}
