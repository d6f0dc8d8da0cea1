import { randomUUID } from 'node:crypto';
import { VersionConflict } from '@codex/event-sourcing';
import { eventually, type TestDatabase } from '@codex/testing';
import { commandIdOf, countStuck, type Phase, type ProcessMessage } from '../src';
import { longAgo, processDatabase, Replica } from './process-database';

const replyOf = (processId: string, step: string, phase: Phase = 'do'): ProcessMessage => ({
  type: 'reply',
  commandId: commandIdOf(processId, { step, phase }),
  outcome: 'accepted',
  error: null,
});
const COMPLETED = ['Started', ...['Open', 'Reserve', 'Ship', 'Tell'].flatMap(() => ['StepStarted', 'StepSucceeded'])];

describe('processes in Postgres', () => {
  let database: TestDatabase;
  let replica: Replica;
  const replicas: Replica[] = [];
  const openReplica = (): Replica => {
    const opened = new Replica(database.url);
    replicas.push(opened);
    return opened;
  };

  beforeAll(async () => {
    database = await processDatabase();
    replica = openReplica();
  });
  afterAll(async () => {
    await Promise.all(replicas.map((opened) => opened.drop()));
    await database.dispose();
  });

  it('keeps the deadline in step with the events, and clears it at the end', async () => {
    const id = randomUUID();
    await replica.start(id);
    for (const step of ['Reserve', 'Ship', 'Tell']) {
      expect(await replica.dueAt(id)).toBe((await replica.stateOf(id)).deadlineAt);
      await replica.tell([id, replyOf(id, step)]);
    }
    expect(await replica.types(id)).toEqual([...COMPLETED, 'Completed']);
    expect(await replica.dueAt(id)).toBeNull();
  });

  it('counts a process whose compensation failed until somebody decides', async () => {
    const refused = (id: string, step: string, phase: Phase): ProcessMessage => ({
      ...{ type: 'reply', commandId: commandIdOf(id, { step, phase }), outcome: 'refused' },
      error: { code: 'NO', message: 'no' },
    });
    const [retried, skipped] = [randomUUID(), randomUUID()];
    for (const id of [retried, skipped]) {
      await replica.start(id);
      await replica.tell([id, replyOf(id, 'Reserve')]);
      await replica.tell([id, refused(id, 'Ship', 'do')]);
      expect(await countStuck(replica.pool)).toBe(id === retried ? 0 : 1);
      await replica.tell([id, refused(id, 'Reserve', 'undo')]);
      expect((await replica.stateOf(id)).status).toBe('compensation_failed');
    }
    expect(await countStuck(replica.pool)).toBe(2);
    await replica.tell([retried, { type: 'retry' }]);
    expect(await countStuck(replica.pool)).toBe(1);
    await replica.tell([skipped, { type: 'skip', reason: 'by hand' }]);
    expect(await countStuck(replica.pool)).toBe(0);
  });

  it('survives a crash between any two messages', async () => {
    const id = randomUUID();
    await replica.start(id);
    for (const step of ['Reserve', 'Ship', 'Tell', 'Tell']) await openReplica().tell([id, replyOf(id, step)]);
    expect(await replica.types(id)).toEqual([...COMPLETED, 'Completed']);
  });

  it('leaves nothing behind when a transaction is rolled back', async () => {
    const id = randomUUID();
    await replica.start(id);
    const before = [await replica.types(id), await replica.dueAt(id)];
    await Promise.allSettled([
      replica.tell([id, replyOf(id, 'Reserve')]),
      openReplica().tell([id, replyOf(id, 'Reserve')]),
    ]);
    expect((await replica.types(id)).length).toBe(before[0]!.length + 2);
  });

  it('moves many processes with one append', async () => {
    const ids = Array.from({ length: 50 }, randomUUID);
    await Promise.all(ids.map((id) => replica.start(id)));
    await replica.tell(...ids.map((id) => [id, replyOf(id, 'Reserve')] as const));
    for (const id of ids) expect((await replica.stateOf(id)).current).toMatchObject({ name: 'Ship' });
  });

  it('drives what is overdue, also of another process and a former life', async () => {
    const id = randomUUID();
    await replica.start(id, longAgo());
    await openReplica().watchdog().drive();
    expect((await replica.types(id)).slice(-2)).toEqual(['StepFailed', 'StepStarted']);
    expect((await replica.stateOf(id)).status).toBe('compensating');
  });

  it('moves each process once, however many replicas drive', async () => {
    const ids = Array.from({ length: 150 }, randomUUID);
    await Promise.all(ids.map((id) => replica.start(id, longAgo())));
    const dogs = [replica, openReplica(), openReplica()].map((one) => one.watchdog());
    const driveAll = async (): Promise<boolean> => {
      const looked = await Promise.all(dogs.map((dog) => dog.drive().catch(ignoreConflict)));
      return looked.every((count) => count === 0);
    };
    await eventually(driveAll, { description: 'nothing is due' });
    for (const id of ids) {
      const types = await replica.types(id);
      expect(types.filter((type) => type === 'StepFailed')).toHaveLength(1);
    }
  });

  it('lets a reply or the deadline win, never both', async () => {
    const other = openReplica();
    for (let round = 0; round < 10; round++) {
      const id = randomUUID();
      await replica.start(id, longAgo());
      const race = [other.tell([id, replyOf(id, 'Reserve')]), replica.watchdog().drive()];
      await Promise.allSettled(race);
      await replica.watchdog().drive();
      const types = await replica.types(id);
      expect(types.includes('StepFailed')).not.toBe(types.filter((type) => type === 'StepSucceeded').length === 2);
    }
  });

  it('reports a process it can not drive, and goes on with the others', async () => {
    const [lost, fine] = [randomUUID(), randomUUID()];
    await replica.start(lost, longAgo());
    await replica.start(fine, longAgo());
    await replica.pool.query(
      `update event_store.events set data = convert_to(replace(convert_from(data, 'UTF8'), '"Order"', '"Gone"'), 'UTF8')
      where stream = $1 and version = 1`,
      [`Process-${lost}`],
    );
    const fresh = openReplica();
    await fresh.watchdog().drive();
    expect(fresh.errors).toEqual([lost]);
    expect(await replica.types(fine)).toContain('StepFailed');
    expect(Date.parse((await replica.dueAt(lost))!)).toBeGreaterThan(Date.now() + 50_000);
  });

  it('works by itself between start and stop', async () => {
    const watchdog = replica.watchdog(10);
    watchdog.start();
    const id = randomUUID();
    await replica.start(id, longAgo());
    await eventually(async () => (await replica.types(id)).includes('StepFailed'));
    await watchdog.stop();
    const later = randomUUID();
    await replica.start(later, longAgo());
    expect(await replica.types(later)).not.toContain('StepFailed');
  });
});

function ignoreConflict(error: unknown): number {
  if (error instanceof VersionConflict) return 1;
  throw error;
}
