import { randomUUID } from 'node:crypto';
import type { AssignQuotaData, CommandRepliedData } from '@codex/contracts';
import { VersionConflict } from '@codex/event-sourcing';
import type { ConsumedMessage } from '@codex/kafka-messaging';
import { quotaCommandsConsumer } from '../src/messaging/quota-commands.consumer';
import { member, startProjectService, stranger, type ProjectService } from './project-service.fixture';

let service: ProjectService;
beforeAll(async () => void (service = await startProjectService()));
afterAll(() => service[Symbol.asyncDispose]());

type Message = Pick<ConsumedMessage, 'id' | 'type' | 'stream' | 'tenantId' | 'actor' | 'correlationId' | 'data'>;

describe('AssignQuota', () => {
  it('is accepted, and answered in the transaction of its effect', async () => {
    const projectId = await aProject();
    const message = assign(projectId);
    await deliver([message]);
    expect(await events(projectId)).toEqual(['QuotaAssigned']);
    const { grantId, workItemId } = message.data as AssignQuotaData;
    expect(await replies(message.id)).toEqual([
      {
        commandId: message.id,
        commandType: 'AssignQuota',
        target: `ProjectQuota-${projectId}`,
        outcome: 'accepted',
        code: null,
        message: null,
        actor: 'process',
        workItemId,
        projectId,
        processId: grantId,
      },
    ]);
  });

  it('is refused for projects that are unknown, of another tenant, or archived', async () => {
    const archived = await aProject();
    await service.send('POST', `/v1/projects/${archived}/archive`);
    const foreign = await aProject();
    const messages = [assign(randomUUID()), { ...assign(foreign), tenantId: stranger.tenantId }, assign(archived)];
    await deliver(messages);
    const codes = await Promise.all(messages.map(async ({ id }) => (await replies(id))[0]!.code));
    expect(codes).toEqual(['NOT_FOUND', 'NOT_FOUND', 'PROJECT_ARCHIVED']);
    expect(await events(foreign)).toEqual([]);
  });

  it('never exceeds the limit, however many ask at once', async () => {
    const projectId = await aProject({ maxOpenWorkItems: 10 });
    const messages = Array.from({ length: 64 }, () => assign(projectId));
    await Promise.all(messages.map((message) => deliver([message])));
    const outcomes = await Promise.all(messages.map(async ({ id }) => (await replies(id))[0]!));
    expect(outcomes.filter(({ outcome }) => outcome === 'accepted')).toHaveLength(10);
    expect(outcomes.filter(({ code }) => code === 'QUOTA_EXCEEDED')).toHaveLength(54);
    expect((await events(projectId)).filter((type) => type === 'QuotaAssigned')).toHaveLength(10);
  });

  it('is decided in order within a batch, with one append for each stream', async () => {
    const [one, other] = [await aProject({ maxOpenWorkItems: 1 }), await aProject()];
    const [first, second, third] = [assign(one), assign(one), assign(one)];
    await deliver([first, assign(other), second, releaseOf(first), third]);
    expect(await outcomesOf([first, second, third])).toEqual(['accepted', 'refused', 'accepted']);
    expect(await events(one)).toEqual(['ProjectQuotaSet', 'QuotaAssigned', 'QuotaReleased', 'QuotaAssigned']);
    expect(await events(other)).toEqual(['QuotaAssigned']);
  });

  it('has one effect and one answer, how often ever its message comes', async () => {
    const projectId = await aProject({ maxOpenWorkItems: 1 });
    const [granted, late] = [assign(projectId), assign(projectId)];
    await deliver([granted, late, granted]);
    await deliver([releaseOf(granted)]);
    await deliver([granted, late]);
    expect(await events(projectId)).toEqual(['ProjectQuotaSet', 'QuotaAssigned', 'QuotaReleased']);
    expect(new Set((await replies(granted.id)).map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
    expect(new Set((await replies(late.id)).map(({ code }) => code))).toEqual(new Set(['QUOTA_EXCEEDED']));
  });
});

describe('ReleaseQuota', () => {
  it('is never refused: archived, unknown, foreign, repeated', async () => {
    const projectId = await aProject();
    const granted = assign(projectId);
    await deliver([granted]);
    await service.send('POST', `/v1/projects/${projectId}/archive`);
    const foreign = { ...releaseOf(granted), tenantId: stranger.tenantId };
    const messages = [foreign, releaseOf(granted), releaseOf(granted), releaseOf(assign(randomUUID()))];
    await deliver(messages);
    expect(await outcomesOf(messages)).toEqual(['unchanged', 'accepted', 'unchanged', 'unchanged']);
    expect(await events(projectId)).toEqual(['QuotaAssigned', 'QuotaReleased']);
  });
});

async function aProject(quota?: object): Promise<string> {
  const { id } = (await service.send('POST', '/v1/projects', { name: 'Apollo' })).body;
  if (quota) await service.send('PUT', `/v1/projects/${id}/quota`, quota);
  return id;
}

function assign(projectId: string): Message {
  const grantId = randomUUID();
  const data: AssignQuotaData = { projectId, workItemId: randomUUID(), grantId, processId: grantId };
  return messageOf('AssignQuota', projectId, data);
}

function releaseOf(assigning: Message): Message {
  const data = assigning.data as AssignQuotaData;
  return messageOf('ReleaseQuota', data.projectId, { ...data, processId: null });
}

function messageOf(type: string, projectId: string, data: unknown): Message {
  const id = randomUUID();
  const stream = `ProjectQuota-${projectId}`;
  return { id, type, stream, tenantId: member.tenantId, actor: 'process', correlationId: id, data };
}

/** What the runtime does: one transaction a batch, and another one after a conflict. */
async function deliver(messages: readonly Message[]): Promise<void> {
  const consumer = quotaCommandsConsumer(service.parts);
  for (;;) {
    try {
      const committed = await consumer.transaction((tx) => consumer.handle(messages as readonly ConsumedMessage[], tx));
      return committed?.();
    } catch (error) {
      if (!(error instanceof VersionConflict)) throw error;
    }
  }
}

async function events(projectId: string): Promise<readonly string[]> {
  return (await service.parts.store.read(`ProjectQuota-${projectId}`)).map(({ type }) => type);
}

async function outcomesOf(messages: readonly Message[]): Promise<readonly string[]> {
  return Promise.all(messages.map(async ({ id }) => (await replies(id))[0]!.outcome));
}

async function replies(commandId: string): Promise<readonly CommandRepliedData[]> {
  const { rows } = await service.parts.pool.query<{ schema_id: number; data: Buffer }>(
    `select schema_id, data from event_store.events where kind = 'reply' and metadata->>'commandId' = $1 order by position`,
    [commandId],
  );
  return rows.map((row) => service.parts.codec.decode(row.schema_id, row.data).data as CommandRepliedData);
}
