import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { CommandRepliedData, ScheduleWorkItemData, WorkItemStateChangedData } from '@codex/contracts';
import { VersionConflict, type RecordedEvent } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import {
  defaultHousekeeping,
  CommandService,
  createLogger,
  createService,
  kafkaConfig,
  type Ed25519Jwk,
} from '@codex/platform';
import { createTestDatabase, eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { schedulingConsumer } from '../src/messaging/scheduling.consumer';
import { dueTasksRunner } from '../src/persistence/due-tasks-runner';
import { SchedulerModule } from '../src/scheduler.module';

export type Message = Pick<
  ConsumedMessage,
  'id' | 'type' | 'kind' | 'stream' | 'tenantId' | 'actor' | 'correlationId' | 'data'
>;

export const TENANT = randomUUID();

/** The real service on a database of its own, without Kafka: messages are handed to its consumer, due tasks are run by hand. */
export interface SchedulerService extends AsyncDisposable {
  readonly parts: CommandService;
  /** What the consumer runtime does: one transaction, and another one after a conflict. Resolves with the conflicts. */
  deliver(...messages: readonly Message[]): Promise<number>;
  runDueTasks(): Promise<{ readonly idleMs: number }>;
  events(workItemId: string): Promise<readonly RecordedEvent[]>;
  types(workItemId: string): Promise<readonly string[]>;
  replyTo(message: Message): Promise<CommandRepliedData>;
  rowsLeft(workItemIds: readonly string[]): Promise<{ readonly edges: number; readonly waiting: number }>;
}

/** A service that runs on `database` and leaves it when it is disposed of. */

export async function runSchedulerService(url: string, random: () => number = () => 0): Promise<SchedulerService> {
  const { publicKey } = generateKeyPairSync('ed25519');
  const config = {
    http: { port: 0, host: '127.0.0.1', logLevel: 'silent' as const },
    internalAuth: { publicKey: publicKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk },
    housekeeping: defaultHousekeeping,
    database: { connectionString: url, maxConnections: 10 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: '127.0.0.1:1' }),
  };
  const logger = createLogger('test', 'silent');
  const service = await createService(SchedulerModule.forRoot(config), { name: 'scheduler', config, logger });
  void service.lifecycle.start();
  await eventually(() => service.lifecycle.servesRequests, { description: 'the service serves' });
  const parts = service.app.get(CommandService);
  return { parts, ...drivenBy(parts, random), ...looksInto(parts), [Symbol.asyncDispose]: () => service.stop() };
}

/** On a database of its own. `random`: the draw for every jitter. */
export async function startSchedulerService(random?: () => number): Promise<SchedulerService> {
  const database = await createTestDatabase('scheduler');
  const service = await runSchedulerService(database.url, random);
  const dispose = async (): Promise<void> => {
    await service[Symbol.asyncDispose]();
    await database.dispose();
  };
  return { ...service, [Symbol.asyncDispose]: dispose };
}

function drivenBy({ store, cache }: CommandService, random: () => number) {
  const options = {
    cache,
    newId: uuidv7,
    now: () => new Date().toISOString(),
    random,
    dueTasksChanged: () => undefined,
  };
  const consumer = schedulingConsumer(store, options);
  return {
    runDueTasks: dueTasksRunner(store, options),
    deliver: async (...messages: readonly Message[]): Promise<number> => {
      for (let conflicts = 0; ; conflicts++) {
        try {
          const committed = await consumer.transaction((tx) => consumer.handle(messages as ConsumedMessage[], tx));
          committed?.();
          return conflicts;
        } catch (error) {
          if (!(error instanceof VersionConflict)) throw error;
        }
      }
    },
  };
}

function looksInto({ store, pool, codec }: CommandService) {
  const events = (workItemId: string) => store.read(`Task-${workItemId}`);
  return {
    events,
    types: async (workItemId: string) => (await events(workItemId)).map(({ type }) => type),
    replyTo: async ({ id }: Message) => {
      const { rows } = await pool.query<{ schema_id: number; data: Buffer }>(
        `select schema_id, data from event_store.events where kind = 'reply' and metadata->>'commandId' = $1`,
        [id],
      );
      return codec.decode(rows[0]!.schema_id, rows[0]!.data).data as CommandRepliedData;
    },
    rowsLeft: async (ids: readonly string[]) => {
      const { rows } = await pool.query<{ edges: number; waiting: number }>(
        `select (select count(*)::int from scheduling.edges where dependant_id = any($1::uuid[])) as edges,
                (select count(*)::int from scheduling.waiting_tasks where work_item_id = any($1::uuid[])) as waiting`,
        [ids],
      );
      return rows[0]!;
    },
  };
}

const work = { toolRecipe: { steps: [{ tool: 'noop', with: {} }] }, tools: ['noop'], timeoutMs: null };
const retry = { maxAttempts: 3, initialBackoffMs: 40, maxBackoffMs: 100 };
const PROJECT = randomUUID();

/** A `ScheduleWorkItem`; an unknown process unless one is named. */
export function schedule(workItemId: string, changes: Partial<ScheduleWorkItemData> = {}): Message {
  const data: ScheduleWorkItemData = {
    workItemId,
    projectId: PROJECT,
    processId: randomUUID(),
    priority: 5,
    ...work,
    dependencies: [],
    notBefore: null,
    retry,
    firstAttempt: 1,
    scheduledBy: 'tester',
    ...changes,
  };
  return message('command', 'ScheduleWorkItem', `Task-${workItemId}`, data);
}

export function unschedule(workItemId: string, processId: string): Message {
  const data = { workItemId, projectId: PROJECT, processId, reason: null };
  return message('command', 'UnscheduleTask', `Task-${workItemId}`, data);
}

type State = WorkItemStateChangedData['newState'];

export function stateChanged(
  workItemId: string,
  newState: State,
  attempt = 1,
  previousState: State = 'running',
): Message {
  const cause = { changedBy: 'tester', reason: null, attempt, runId: randomUUID(), processId: null };
  const result = { result: null, error: null, artifacts: [] };
  const data = { workItemId, projectId: PROJECT, previousState, newState, ...cause, ...result };
  return message('event', 'WorkItemStateChanged', `WorkItem-${workItemId}`, data);
}

export function priorityChanged(workItemId: string, priority: number): Message {
  const data = { workItemId, projectId: PROJECT, previousPriority: 5, priority };
  return message('event', 'WorkItemPriorityChanged', `WorkItem-${workItemId}`, data);
}

export function runFailed(workItemId: string, attempt: number, retryable = true): Message {
  const runId = randomUUID();
  const error = { code: 'EXIT_1', message: 'it said no' };
  const data = {
    runId,
    workItemId,
    projectId: PROJECT,
    attempt,
    agentId: randomUUID(),
    durationMs: 5,
    error,
    retryable,
  };
  return message('event', 'RunFailed', `Run-${runId}`, data);
}

export function runLost(workItemId: string, attempt: number): Message {
  const runId = randomUUID();
  const reason = 'the lease ran out';
  const data = { runId, workItemId, projectId: PROJECT, attempt, agentId: randomUUID(), durationMs: 5, reason };
  return message('event', 'RunLost', `Run-${runId}`, data);
}

function message(kind: 'command' | 'event', type: string, stream: string, data: unknown): Message {
  const id = uuidv7();
  return { id, kind, type, stream, tenantId: TENANT, actor: 'tester', correlationId: `story-of-${id}`, data };
}
