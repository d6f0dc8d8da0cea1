import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { PostgresSchedulingRows } from '../src/persistence/postgres-scheduling-rows';
import {
  schedule,
  startSchedulerService,
  stateChanged,
  TENANT,
  unschedule,
  type Message,
  type SchedulerService,
} from './scheduler-service.fixture';

let service: SchedulerService;
beforeAll(async () => void (service = await startSchedulerService()));
afterAll(() => service[Symbol.asyncDispose]());

const ids = (count: number): string[] => Array.from({ length: count }, () => uuidv7());
const ROUNDS = 25;

describe('a task', () => {
  it('without dependencies is ready at once, and its command is answered', async () => {
    const [item] = ids(1) as [string];
    const command = schedule(item);
    await service.deliver(command);
    expect(await service.types(item)).toEqual(['TaskScheduled', 'TaskReady']);
    const data = command.data as { projectId: string; processId: string };
    expect(await service.replyTo(command)).toMatchObject({
      commandType: 'ScheduleWorkItem',
      target: `Task-${item}`,
      outcome: 'accepted',
      workItemId: item,
      projectId: data.projectId,
      processId: data.processId,
    });
    expect(await service.rowsLeft([item])).toEqual({ edges: 0, waiting: 0 });
  });

  it('waits for an item that is not even known', async () => {
    const [a, b] = ids(2) as [string, string];
    await service.deliver(schedule(b, { dependencies: [a] }));
    expect(await service.types(b)).toEqual(['TaskScheduled']);
    await service.deliver(stateChanged(a, 'completed'));
    expect(await service.types(b)).toEqual(['TaskScheduled', 'TaskReady']);
  });

  it('does not wait for what is completed', async () => {
    const [a, b] = ids(2) as [string, string];
    await service.deliver(stateChanged(a, 'completed'));
    await service.deliver(schedule(b, { dependencies: [a, a] }));
    expect(await service.types(b)).toEqual(['TaskScheduled', 'TaskReady']);
  });

  it('becomes ready within its own story, caused by the last outcome', async () => {
    const [a, b] = ids(2) as [string, string];
    const command = schedule(b, { dependencies: [a] });
    const outcome = stateChanged(a, 'completed');
    await service.deliver(command);
    await service.deliver(outcome);
    const ready = (await service.events(b)).at(-1)!;
    expect(ready.metadata).toMatchObject({ correlationId: command.correlationId, causationId: outcome.id });
  });

  it('becomes ready whatever the order within a batch', async () => {
    for (const arrange of [(l: Message[]) => l, (l: Message[]) => l.toReversed()]) {
      const [a, b, c] = ids(3) as [string, string, string];
      const batch = [schedule(c, { dependencies: [a, b] }), stateChanged(a, 'completed'), stateChanged(b, 'completed')];
      await service.deliver(...arrange(batch));
      expect(await service.types(c)).toEqual(['TaskScheduled', 'TaskReady']);
      expect(await service.rowsLeft([c])).toEqual({ edges: 0, waiting: 0 });
    }
  });

  it('becomes ready once when its dependencies are completed at the same time', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [task, ...dependencies] = ids(5) as [string, ...string[]];
      await service.deliver(schedule(task, { dependencies }));
      await Promise.all(dependencies.map((id) => service.deliver(stateChanged(id, 'completed'))));
      expect(await service.types(task)).toEqual(['TaskScheduled', 'TaskReady']);
    }
  });

  it('becomes ready when it is scheduled while its dependencies are completed', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [task, a, b] = ids(3) as [string, string, string];
      await Promise.all([
        service.deliver(stateChanged(a, 'completed')),
        service.deliver(schedule(task, { dependencies: [b, a] })),
        service.deliver(stateChanged(b, 'completed')),
      ]);
      expect(await service.types(task)).toEqual(['TaskScheduled', 'TaskReady']);
    }
  });

  it('is decided without deadlocks when batches cross each other', async () => {
    for (let round = 0; round < 8; round++) {
      const base = ids(8);
      const tasks = ids(8);
      const scheduling = tasks.map((task) => schedule(task, { dependencies: shuffled(base) }));
      const outcomes = base.map((id) => stateChanged(id, 'completed'));
      const all = shuffled([...scheduling, ...outcomes]);
      const batches = [all.slice(0, 4), all.slice(4, 8), all.slice(8, 12), all.slice(12)];
      await Promise.all(batches.map((batch) => service.deliver(...batch)));
      const types = await Promise.all(tasks.map((task) => service.types(task)));
      expect(types).toEqual(tasks.map(() => ['TaskScheduled', 'TaskReady']));
      expect(await service.rowsLeft(tasks)).toEqual({ edges: 0, waiting: 0 });
    }
  });

  it('is decided without deadlocks when many meet the same unknown items', async () => {
    const items = ids(5_000).map((workItemId) => ({ workItemId, tenantId: TENANT }));
    const locking = Array.from({ length: 4 }, () =>
      service.parts.store.transaction((tx) => new PostgresSchedulingRows(tx).lockOutcomes(shuffled(items))),
    );
    expect((await Promise.all(locking)).map((rows) => rows.length)).toEqual(locking.map(() => 5_000));
  });
});

describe('a dependency that will not be completed', () => {
  it.each(['failed', 'cancelled', 'deleted'] as const)('fails its dependants: %s', async (state) => {
    const [a, other, before, after] = ids(4) as [string, string, string, string];
    await service.deliver(schedule(before, { dependencies: [a, other] }));
    await service.deliver(stateChanged(a, state));
    await service.deliver(schedule(after, { dependencies: [other, a] }));
    for (const task of [before, after]) {
      const events = await service.events(task);
      expect(events.map(({ type }) => type)).toEqual(['TaskScheduled', 'TaskFailed']);
      expect(events.at(-1)!.data).toMatchObject({
        attempt: 1,
        runId: null,
        error: { code: `DEPENDENCY_${state.toUpperCase()}`, message: expect.stringContaining(a) },
      });
    }
    await service.deliver(stateChanged(other, 'completed'));
    expect(await service.types(before)).toEqual(['TaskScheduled', 'TaskFailed']);
    expect(await service.rowsLeft([before, after])).toEqual({ edges: 0, waiting: 0 });
  });

  it('fails only who waits for it, item by item', async () => {
    const [a, b, c] = ids(3) as [string, string, string];
    await service.deliver(schedule(b, { dependencies: [a] }), schedule(c, { dependencies: [b] }));
    await service.deliver(stateChanged(a, 'failed'));
    expect(await service.types(c)).toEqual(['TaskScheduled']);
    await service.deliver(stateChanged(b, 'failed'));
    expect(await service.types(c)).toEqual(['TaskScheduled', 'TaskFailed']);
  });

  it('that is retried can be waited for again', async () => {
    const [a, b] = ids(2) as [string, string];
    await service.deliver(stateChanged(a, 'failed'));
    await service.deliver(stateChanged(a, 'scheduled', 1, 'failed'));
    await service.deliver(schedule(b, { dependencies: [a] }));
    expect(await service.types(b)).toEqual(['TaskScheduled']);
    await service.deliver(stateChanged(a, 'completed', 2));
    expect(await service.types(b)).toEqual(['TaskScheduled', 'TaskReady']);
  });

  it('of another tenant is unknown', async () => {
    const [a, b] = ids(2) as [string, string];
    await service.deliver({ ...stateChanged(a, 'completed'), tenantId: randomUUID() });
    await service.deliver(schedule(b, { dependencies: [a] }));
    expect((await service.events(b)).at(-1)!.data).toMatchObject({ error: { code: 'UNKNOWN_DEPENDENCY' } });
  });
});

describe('unscheduling', () => {
  it('before the task is known makes the scheduling a no-op', async () => {
    const [item, processId] = ids(2) as [string, string];
    const [undo, command] = [unschedule(item, processId), schedule(item, { processId })];
    await service.deliver(undo);
    await service.deliver(command);
    expect(await service.types(item)).toEqual(['TaskUnscheduled']);
    expect((await service.replyTo(undo)).outcome).toBe('accepted');
    expect((await service.replyTo(command)).outcome).toBe('unchanged');
  });

  it('ends a task that waits, for good', async () => {
    const [a, item, processId] = ids(3) as [string, string, string];
    await service.deliver(schedule(item, { processId, dependencies: [a] }));
    await service.deliver(unschedule(item, processId));
    await service.deliver(stateChanged(a, 'completed'));
    expect(await service.types(item)).toEqual(['TaskScheduled', 'TaskUnscheduled']);
    expect(await service.rowsLeft([item])).toEqual({ edges: 0, waiting: 0 });
  });

  it('races with the last outcome and ends the task either way', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const [a, item, processId] = ids(3) as [string, string, string];
      await service.deliver(schedule(item, { processId, dependencies: [a] }));
      await Promise.all([service.deliver(unschedule(item, processId)), service.deliver(stateChanged(a, 'completed'))]);
      expect((await service.types(item)).at(-1)).toBe('TaskUnscheduled');
      expect(await service.rowsLeft([item])).toEqual({ edges: 0, waiting: 0 });
    }
  });

  it('is answered the same when its message comes again', async () => {
    const [item, processId] = ids(2) as [string, string];
    const [command, undo] = [schedule(item, { processId }), unschedule(item, processId)];
    await service.deliver(command, undo);
    await service.deliver(undo, command);
    expect(await service.types(item)).toEqual(['TaskScheduled', 'TaskReady', 'TaskUnscheduled']);
    expect((await service.replyTo(command)).outcome).toBe('accepted');
  });
});

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
