import { eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { PostgresSchedulingRows } from '../src/persistence/postgres-scheduling-rows';
import {
  priorityChanged,
  runFailed,
  runLost,
  schedule,
  startSchedulerService,
  stateChanged,
  type SchedulerService,
} from './scheduler-service.fixture';

let service: SchedulerService;
beforeAll(async () => void (service = await startSchedulerService()));
afterAll(() => service[Symbol.asyncDispose]());

const offered = ['TaskScheduled', 'TaskReady'];

describe('an attempt', () => {
  it('that fails is offered again after its backoff, and the last one fails the task', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item));
    for (const attempt of [1, 2]) {
      await service.deliver(stateChanged(item, 'running', attempt, 'scheduled'), runFailed(item, attempt));
      const retry = (await service.events(item)).at(-1)!;
      expect(retry).toMatchObject({ type: 'TaskRetryScheduled', data: { attempt, nextAttempt: attempt + 1 } });
      await becomesReady(item, attempt + 1);
    }
    await service.deliver(stateChanged(item, 'running', 3, 'scheduled'), runFailed(item, 3));
    const failed = (await service.events(item)).at(-1)!;
    expect(failed).toMatchObject({ type: 'TaskFailed', data: { attempt: 3, error: { code: 'EXIT_1' } } });
    expect(await service.rowsLeft([item])).toEqual({ edges: 0, waiting: 0 });
  });

  it('waits for half of the backoff at least, twice as long the second time', async () => {
    const item = uuidv7();
    await service.deliver(
      schedule(item, { retry: { maxAttempts: 5, initialBackoffMs: 60_000, maxBackoffMs: 600_000 } }),
    );
    const before = Date.now();
    await service.deliver(runFailed(item, 1));
    const { dueAt } = (await service.events(item)).at(-1)!.data as { dueAt: string };
    expect(Date.parse(dueAt) - before).toBeGreaterThanOrEqual(30_000);
    expect(Date.parse(dueAt) - before).toBeLessThan(35_000);
    await service.runDueTasks();
    expect((await service.types(item)).at(-1)).toBe('TaskRetryScheduled');
  });

  it('may be heard to end before it is heard to start', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item));
    await service.deliver(runLost(item, 1));
    await service.deliver(stateChanged(item, 'running', 1, 'scheduled'));
    expect(await service.types(item)).toEqual([...offered, 'TaskStarted', 'TaskRetryScheduled']);
    expect((await service.events(item)).at(-1)!.data).toMatchObject({ error: { code: 'RUN_LOST' } });
  });

  it('of the past changes nothing', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item));
    await service.deliver(runLost(item, 1));
    await becomesReady(item, 2);
    const before = await service.types(item);
    await service.deliver(runFailed(item, 1), stateChanged(item, 'running', 1, 'scheduled'));
    expect(await service.types(item)).toEqual(before);
  });

  it('that makes no sense to repeat fails the task', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item));
    await service.deliver(runFailed(item, 1, false));
    expect((await service.types(item)).at(-1)).toBe('TaskFailed');
  });

  it('is not repeated once the item is over', async () => {
    for (const state of ['completed', 'cancelled'] as const) {
      const item = uuidv7();
      await service.deliver(schedule(item));
      await service.deliver(runFailed(item, 1));
      await service.deliver(stateChanged(item, state, 1));
      expect(await service.rowsLeft([item])).toEqual({ edges: 0, waiting: 0 });
      expect((await service.types(item)).at(-1)).toBe(state === 'completed' ? 'TaskCompleted' : 'TaskCancelled');
    }
  });

  it('of a failed item that is retried goes on counting', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item));
    await service.deliver(runFailed(item, 1, false));
    await service.deliver(stateChanged(item, 'failed', 1));
    await service.deliver(schedule(item, { firstAttempt: 2 }));
    expect((await service.events(item)).at(-1)).toMatchObject({
      type: 'TaskReady',
      data: { attempt: 2, maxAttempts: 4 },
    });
  });
});

describe('an item', () => {
  it('that is over before it is scheduled is not scheduled', async () => {
    for (const state of ['cancelled', 'deleted', 'completed'] as const) {
      const item = uuidv7();
      const command = schedule(item);
      await service.deliver(stateChanged(item, state, 0, 'draft'));
      await service.deliver(command);
      expect(await service.types(item)).toEqual([]);
      expect((await service.replyTo(command)).outcome).toBe('unchanged');
    }
  });

  it('keeps the priority it was given, also before it is known as a task', async () => {
    const [early, late] = [uuidv7(), uuidv7()];
    await service.deliver(priorityChanged(early, 9), priorityChanged(early, 8));
    await service.deliver(schedule(early), schedule(late));
    await service.deliver(priorityChanged(late, 1));
    await service.deliver(runLost(late, 1));
    await service.deliver(priorityChanged(late, 2));
    await becomesReady(late, 2);
    expect((await service.events(early)).at(-1)!.data).toMatchObject({ priority: 8 });
    expect((await service.events(late)).at(-1)!.data).toMatchObject({ priority: 2 });
  });

  it('is ready at its time, within the story of its scheduling', async () => {
    const item = uuidv7();
    const command = schedule(item, { notBefore: new Date(Date.now() + DUE_SOON_MS).toISOString() });
    await service.deliver(command);
    await service.runDueTasks();
    expect(await service.types(item)).toEqual(['TaskScheduled']);
    await becomesReady(item, 1);
    const { metadata } = (await service.events(item)).at(-1)!;
    expect(metadata).toMatchObject({ correlationId: command.correlationId, actor: 'scheduler' });
  });

  it('whose time is past waits for its dependencies, and for its time when they are completed', async () => {
    const [a, b, item] = [uuidv7(), uuidv7(), uuidv7()];
    const later = new Date(Date.now() + 60_000).toISOString();
    await service.deliver(schedule(item, { dependencies: [a], notBefore: new Date(0).toISOString() }));
    await service.deliver(schedule(b, { dependencies: [a], notBefore: later }));
    await service.runDueTasks();
    expect(await service.types(item)).toEqual(['TaskScheduled']);
    await service.deliver(stateChanged(a, 'completed'));
    expect(await service.types(item)).toEqual(offered);
    expect(await service.types(b)).toEqual(['TaskScheduled']);
    expect(await service.rowsLeft([b])).toEqual({ edges: 0, waiting: 1 });
  });
});

/** Later than the delivery of what is due then, also on a busy machine. */
const DUE_SOON_MS = 2_000;

describe('replicas', () => {
  it('do not wait for each other', async () => {
    const item = uuidv7();
    await service.deliver(schedule(item, { notBefore: new Date(Date.now() + DUE_SOON_MS).toISOString() }));
    await service.parts.store.transaction(async (tx) => {
      const rows = new PostgresSchedulingRows(tx);
      await eventually(async () => (await rows.lockDue(10)).rows.length > 0);
      await service.runDueTasks();
      expect(await service.types(item)).toEqual(['TaskScheduled']);
    });
    await becomesReady(item, 1);
  });

  it('share what is due, and each task becomes ready once', async () => {
    const items = Array.from({ length: 150 }, () => uuidv7());
    const notBefore = new Date(Date.now() + 100).toISOString();
    await service.deliver(...items.map((item) => schedule(item, { notBefore })));
    await eventually(async () => {
      await Promise.all([service.runDueTasks(), service.runDueTasks(), service.runDueTasks()]);
      return (await service.rowsLeft(items)).waiting === 0;
    });
    const types = await Promise.all(items.map((item) => service.types(item)));
    expect(types).toEqual(items.map(() => offered));
  });
});

async function becomesReady(item: string, attempt: number): Promise<void> {
  await eventually(async () => {
    await service.runDueTasks();
    const last = (await service.events(item)).at(-1)!;
    return last.type === 'TaskReady' && (last.data as { attempt: number }).attempt === attempt;
  });
}
