import { restoreEvents } from '@codex/event-store-postgres/testing';
import { createTestDatabase, type TestDatabase } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import {
  priorityChanged,
  runFailed,
  runSchedulerService,
  schedule,
  stateChanged,
  unschedule,
  type Message,
  type SchedulerService,
} from './scheduler-service.fixture';

const ids = (count: number): string[] => Array.from({ length: count }, () => uuidv7());
const PROCESS = uuidv7();

describe('a scheduler whose database was lost and restored from its events', () => {
  const databases: TestDatabase[] = [];
  /** The topics of other services, from the first offset. */
  let facts: Message[];
  let service: SchedulerService;

  beforeEach(async () => {
    facts = [];
    service = await onNewDatabase();
  });
  afterEach(async () => {
    await service[Symbol.asyncDispose]();
    await Promise.all(databases.splice(0).map((database) => database.dispose()));
  });

  it('makes a task ready once when its dependencies complete, before and after the loss', async () => {
    const [a, b, c, d] = ids(4) as [string, string, string, string];
    await service.deliver(schedule(a), schedule(b), schedule(c, { dependencies: [a, b, a] }));
    await service.deliver(schedule(d, { dependencies: [a] }));
    await hears(stateChanged(a, 'completed'));
    const before = [await service.types(c), await service.types(d)];
    expect(before).toEqual([['TaskScheduled'], ['TaskScheduled', 'TaskReady']]);
    await loseAndRestore();
    expect([await service.types(c), await service.types(d)]).toEqual(before);
    await hears(stateChanged(b, 'completed'));
    await hearsAllAgain();
    expect(await service.types(c)).toEqual(['TaskScheduled', 'TaskReady']);
    expect(await service.types(d)).toEqual(['TaskScheduled', 'TaskReady']);
    expect(await service.rowsLeft([c, d])).toEqual({ edges: 0, waiting: 0 });
  });

  it('hears of outcomes that it had not heard of', async () => {
    const [a, b, done, cancelled] = ids(4) as [string, string, string, string];
    await service.deliver(schedule(done, { dependencies: [a] }), schedule(cancelled, { dependencies: [a, b] }));
    facts.push(stateChanged(a, 'completed'), stateChanged(b, 'cancelled'));
    await loseAndRestore();
    expect(await service.types(done)).toEqual(['TaskScheduled', 'TaskReady']);
    expect(await service.types(cancelled)).toEqual(['TaskScheduled', 'TaskFailed']);
  });

  it('does not take a failure for the end of an item that was retried since', async () => {
    const [a, c] = ids(2) as [string, string];
    await service.deliver(schedule(a));
    await hears(stateChanged(a, 'running', 1, 'scheduled'), stateChanged(a, 'failed', 1));
    await hears(stateChanged(a, 'scheduled', 1, 'failed'));
    await service.deliver(schedule(a, { firstAttempt: 2 }), schedule(c, { dependencies: [a] }));
    await loseAndRestore();
    expect(await service.types(c)).toEqual(['TaskScheduled']);
    await hears(stateChanged(a, 'running', 2, 'scheduled'), stateChanged(a, 'completed', 2));
    expect(await service.types(c)).toEqual(['TaskScheduled', 'TaskReady']);
    await loseAndRestore();
    expect(await service.types(c)).toEqual(['TaskScheduled', 'TaskReady']);
  });

  it('fails what waits for an item that failed for good', async () => {
    const [a, c] = ids(2) as [string, string];
    await service.deliver(schedule(a), schedule(c, { dependencies: [a] }));
    await loseAndRestore();
    await hears(stateChanged(a, 'running', 1, 'scheduled'), stateChanged(a, 'failed', 1));
    expect((await service.events(c)).at(-1)).toMatchObject({
      ...{ type: 'TaskFailed', data: { error: { code: 'DEPENDENCY_FAILED' } } },
    });
  });

  it('goes on waiting for the time of a task, of a retry, and with its story and priority', async () => {
    const [late, retried, taken] = ids(3) as [string, string, string];
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    await service.deliver(
      schedule(late, { notBefore }),
      schedule(retried),
      schedule(taken, { notBefore, processId: PROCESS }),
    );
    await service.deliver(unschedule(taken, PROCESS));
    await hears(priorityChanged(retried, 9), runFailed(retried, 1));
    const columns =
      'select work_item_id, tenant_id, open_dependencies, due_at, priority, correlation_id from scheduling.waiting_tasks';
    const before = (await service.parts.pool.query(`${columns} order by 1`)).rows;
    expect(before).toHaveLength(2);
    await loseAndRestore({ hears: false });
    const due = (await service.parts.pool.query(`${columns} order by 1`)).rows;
    expect(due).toEqual(before.map((row) => ({ ...row, priority: null })));
    await hearsAllAgain();
    expect((await service.parts.pool.query(`${columns} order by 1`)).rows).toEqual(before);
    await service.runDueTasks();
    const ready = (await service.events(retried)).at(-1);
    expect(ready).toMatchObject({ type: 'TaskReady', data: { attempt: 2, priority: 9 } });
    expect(await service.types(late)).toEqual(['TaskScheduled']);
  });

  /** Facts on their topics, which the consumer hears now. */
  async function hears(...messages: readonly Message[]): Promise<void> {
    facts.push(...messages);
    await service.deliver(...messages);
  }

  async function hearsAllAgain(): Promise<void> {
    for (const fact of facts) await service.deliver(fact);
  }

  async function onNewDatabase(): Promise<SchedulerService> {
    const database = await createTestDatabase('scheduler');
    databases.push(database);
    return runSchedulerService(database.url);
  }

  /** Only events and replies come back; then the consumer, which has no offsets, hears all facts from the first one. */
  async function loseAndRestore({ hears: again } = { hears: true }): Promise<void> {
    const next = await createTestDatabase('scheduler');
    databases.push(next);
    await restoreEvents(service.parts.pool, {
      ...{ url: next.url, service: 'scheduler', topic: 'scheduler.events.v1' },
    });
    await service[Symbol.asyncDispose]();
    service = await runSchedulerService(next.url);
    if (again) await hearsAllAgain();
  }
});
