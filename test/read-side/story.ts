import type { ConsumedMessage } from '@codex/kafka-messaging';
import { contextOfType } from '@codex/contracts';
import { v7 as uuidv7 } from 'uuid';

/** Tells what happened, event by event: versions, ids and times follow by themselves, a second apart. */
export class Story {
  readonly messages: ConsumedMessage[] = [];
  private readonly versions = new Map<string, number>();

  constructor(
    readonly tenantId: string,
    private now = Date.parse('2026-03-01T10:00:00.000Z'),
  ) {}

  /** One event; the stream's version grows by one. */
  tell(stream: string, type: string, data: object, recordedAt?: string): this {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    this.now += 1000;
    this.messages.push({
      ...{ topic: `${contextOfType(type)}.events.v1`, partition: 0, offset: String(this.messages.length), key: stream },
      ...{ kind: 'event', id: uuidv7(), type, stream, version, tenantId: this.tenantId, actor: 'key-member' },
      ...{ correlationId: 'story', causationId: 'cause', commandId: 'command', schemaId: 1, data },
      ...{ recordedAt: recordedAt ?? new Date(this.now).toISOString(), raw: Buffer.alloc(0) },
    });
    return this;
  }

  versionOf(stream: string): number {
    return this.versions.get(stream) ?? 0;
  }

  project(changes: { readonly name?: string } = {}): string {
    const projectId = uuidv7();
    const data = { projectId, name: 'One', description: null, repositoryUrl: null, createdBy: 'key-member' };
    this.tell(`Project-${projectId}`, 'ProjectCreated', { ...data, ...changes });
    return projectId;
  }

  /** A work item as it is right after POST: created, and its process under way. */
  workItem(projectId: string, changes: object = {}): { readonly workItemId: string; readonly processId: string } {
    const workItemId = uuidv7();
    const processId = uuidv7();
    const about = { workItemId, projectId, processId };
    this.tell(`WorkItem-${workItemId}`, 'WorkItemCreated', {
      ...{ ...about, title: 'Analyze', description: null, toolRecipe: { steps: [{ tool: 'noop', with: {} }] } },
      ...{ priority: 5, dependsOn: [], requiresApproval: false, notBefore: null, labels: {}, timeoutMs: null },
      ...{ retry: { maxAttempts: 3, initialBackoffMs: 4000, maxBackoffMs: 10_000 }, createdBy: 'key-member' },
      ...changes,
    });
    this.tell(`Process-${processId}`, 'ProcessStarted', {
      ...{ ...about, definition: 'WorkItemCreation', definitionVersion: 1, input: {} },
      steps: [
        { name: 'CreateWorkItem', target: null, compensation: 'DeleteWorkItem' },
        { name: 'AssignQuota', target: 'project', compensation: 'ReleaseQuota' },
      ],
    });
    const step = { step: 'CreateWorkItem', phase: 'do', attempt: 1, commandId: null, deadlineAt: null };
    this.tell(`Process-${processId}`, 'ProcessStepStarted', { ...about, ...step });
    return { workItemId, processId };
  }

  state(workItemId: string, projectId: string, newState: string, changes: object = {}): this {
    return this.tell(`WorkItem-${workItemId}`, 'WorkItemStateChanged', {
      ...{ workItemId, projectId, previousState: 'draft', newState, changedBy: 'x', reason: null, attempt: 0 },
      ...{ runId: null, processId: null, result: null, error: null, artifacts: [], ...changes },
    });
  }

  scheduled(workItemId: string, projectId: string, changes: object = {}): this {
    const task = `Task-${workItemId}`;
    const plan = { workItemId, projectId, dependencies: [], tools: ['noop'], notBefore: null, firstAttempt: 1 };
    return this.tell(task, 'TaskScheduled', { ...plan, ...changes }).state(workItemId, projectId, 'scheduled');
  }

  agent(changes: object = {}): string {
    const agentId = uuidv7();
    const profile = { agentId, name: 'a', capabilities: ['noop'], labels: {}, slots: 2, version: null };
    this.tell(`Agent-${agentId}`, 'AgentRegistered', { ...profile, ...changes });
    return agentId;
  }

  /** A run that an agent has begun. */
  run(workItemId: string, projectId: string, agentId: string, attempt = 1): string {
    const runId = uuidv7();
    const about = { runId, workItemId, projectId, attempt };
    const queued = {
      ...about,
      maxAttempts: 3,
      priority: 5,
      toolRecipe: { steps: [] },
      tools: ['noop'],
      timeoutMs: null,
    };
    this.tell(`Run-${runId}`, 'RunQueued', queued);
    this.tell(`Run-${runId}`, 'RunStarted', { ...about, agentId, leaseExpiresAt: '2026-03-01T11:00:00.000Z' });
    return runId;
  }
}
