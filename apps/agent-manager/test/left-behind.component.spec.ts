import { randomUUID } from 'node:crypto';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import fc from 'fast-check';
import { AgentManagerFixture, readyTask } from './agent-manager.fixture';

type Message = Partial<ConsumedMessage>;

/**
 * Why no reconciler is needed: whatever the order between topics, the batches and the repeats, what the facts say is what is
 * queued in the end. Only within a stream the order is given.
 */
describe('facts in any order between streams', () => {
  let manager: AgentManagerFixture;
  beforeAll(async () => {
    manager = await AgentManagerFixture.start();
  });
  afterAll(() => manager.stop());

  const projectId = randomUUID();

  function taskReady(workItemId: string, attempt: number): Message {
    return { type: 'TaskReady', stream: `Task-${workItemId}`, data: readyTask({ workItemId, projectId, attempt }) };
  }

  function itemSays(workItemId: string, type: string, data: object): Message {
    return { type, stream: `WorkItem-${workItemId}`, data: { workItemId, projectId, ...data } };
  }

  /** Items with each kind of story, and what must be queued of them. */
  function stories() {
    const [plain, cancelled, again, urgent] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const streams: readonly (readonly Message[])[] = [
      [taskReady(plain, 1)],
      [taskReady(cancelled, 1), taskReady(cancelled, 2)],
      [itemSays(cancelled, 'WorkItemStateChanged', { newState: 'cancelled', reason: null })],
      [taskReady(again, 1), taskReady(again, 2)],
      [taskReady(urgent, 1)],
      [itemSays(urgent, 'WorkItemPriorityChanged', { priority: 9 })],
    ];
    const queued = [
      { item: plain, attempt: 1, priority: 5 },
      { item: again, attempt: 2, priority: 5 },
      { item: urgent, attempt: 1, priority: 9 },
    ];
    return { streams, queued };
  }

  /** Draws from the streams by turns. */
  function merged(streams: readonly (readonly Message[])[], turns: readonly number[]): Message[] {
    const left = streams.map((stream) => [...stream]);
    const messages: Message[] = [];
    for (let turn = 0; left.some((stream) => stream.length > 0); turn++) {
      const open = left.filter((stream) => stream.length > 0);
      messages.push(open[(turns[turn % turns.length] ?? 0) % open.length]!.shift()!);
    }
    return messages;
  }

  const ascending = <T extends { item: string }>(rows: readonly T[]) =>
    rows.toSorted((a, b) => (a.item < b.item ? -1 : 1));

  it('leave behind exactly the runs that should be queued', async () => {
    const turns = fc.array(fc.nat(5), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(turns, fc.integer({ min: 1, max: 8 }), fc.nat(8), async (order, batchSize, repeated) => {
        await manager.drop();
        const { streams, queued } = stories();
        const messages = merged(streams, order);
        for (let at = 0; at < messages.length; at += batchSize)
          await manager.receive(...messages.slice(at, at + batchSize));
        await manager.receive(...messages.slice(0, repeated));
        const rows = await manager.sql<{ item: string; attempt: number; priority: number }>(
          `select work_item_id as item, attempt, priority from agent_manager.runs where status in ('queued', 'running')`,
        );
        expect(ascending(rows)).toEqual(ascending(queued));
      }),
      { numRuns: 60 },
    );
  });
});
