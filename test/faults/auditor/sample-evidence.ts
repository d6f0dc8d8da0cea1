import { topicOf } from '@codex/contracts';
import { partitionOf } from '@codex/kafka-messaging';
import { v5 as uuidv5 } from 'uuid';
import { dataHash, leafHash, type AuditEntry } from '../../../apps/audit/src/domain/audit-entry';
import type { CommandAttempt } from '../load/journal';
import type { AuditRecord, Evidence, LoggedMessage, StoredMessage } from './evidence';

const NAMESPACE = 'a3d5cbe4-9d5c-4b0a-8a3c-2f4b1f6a7c10';
const tenantId = uuidv5('tenant', NAMESPACE);
export const projectId = uuidv5('project', NAMESPACE);
export const projectStream = `Project-${projectId}`;
const TOPIC = 'project.events.v1';

/** An event as the store holds it. Unnamed parts are made up, the same ones every time. */
export function storedEvent(
  place: { readonly service?: string; readonly stream: string; readonly version: number },
  type: string,
  data: Readonly<Record<string, unknown>> = {},
  metadata: Partial<StoredMessage['metadata']> = {},
): StoredMessage {
  const { service = 'project', stream, version } = place;
  const id = (what: string): string => uuidv5(`${what} of ${stream}@${version}`, NAMESPACE);
  const all = {
    messageId: id('message'),
    commandId: id('command'),
    correlationId: id('call'),
    causationId: id('cause'),
  };
  return {
    service,
    kind: 'event',
    stream,
    version,
    tenantId,
    type,
    schemaId: 1,
    raw: Buffer.from(`${type} ${version}`),
    data,
    metadata: { ...all, actor: 'somebody', ...metadata },
    recordedAt: `2026-01-01T00:00:0${version % 10}.000000Z`,
  };
}

/** The record of a stored message on the topic of projects. */
export function logged(message: StoredMessage, offset: number): LoggedMessage {
  const { stream, version, raw, metadata } = message;
  const topic =
    message.kind === 'event' ? TOPIC : topicOf({ kind: message.kind, type: message.type, context: 'project' });
  const partition = partitionOf(Buffer.from(stream), message.kind === 'reply' ? 3 : 12);
  return { topic, partition, offset, key: stream, id: metadata.messageId, stream, version, raw };
}

/** The leaf of a stored message. */
export function leaf(message: StoredMessage, index: number): AuditRecord {
  const { stream, version, type, schemaId, recordedAt, raw, metadata } = message;
  const { messageId, actor, correlationId, causationId } = metadata;
  const salt = Buffer.from('salt');
  const about = { messageId, tenantId, stream, version, type, schemaId, actor, correlationId, causationId, recordedAt };
  const outcome = message.kind === 'reply' ? 'refused' : 'accepted';
  const entry: AuditEntry = { ...about, context: 'project', outcome, dataHash: dataHash(salt, raw) };
  return { index, entry, salt, data: raw, leafHash: leafHash(entry) };
}

/** A command that was accepted, as its client saw it. */
export function accepted(message: StoredMessage, path = '/v1/projects'): CommandAttempt {
  const { stream, version, type, metadata } = message;
  const body = {
    id: stream.slice(stream.indexOf('-') + 1),
    commandId: metadata.commandId,
    stream,
    version,
    events: [type],
  };
  return {
    call: metadata.correlationId,
    method: 'POST',
    path,
    key: null,
    answer: { status: 201, body, replayed: false },
  };
}

/** Evidence in which everything is right: these messages are stored, published, projected and audited. */
export function evidenceOf(messages: readonly StoredMessage[], parts: Partial<Evidence> = {}): Evidence {
  const offsets = new Map<string, number>();
  const log = messages.map((message) => {
    const { topic, partition } = logged(message, 0);
    const offset = offsets.get(`${topic}/${partition}`) ?? 0;
    offsets.set(`${topic}/${partition}`, offset + 1);
    return logged(message, offset);
  });
  return {
    stores: Map.groupBy(messages, ({ service }) => service),
    log,
    readModels: [],
    audit: { records: messages.map(leaf), nextIndex: messages.length },
    runDesk: { runs: [], leases: [] },
    deadLetters: [],
    journal: { commands: [], claims: [] },
    ...parts,
  };
}

/** A project that was created and got two requirements, told to nobody. */
export function projectStory(): readonly [StoredMessage, StoredMessage, StoredMessage] {
  const at = (version: number) => ({ stream: projectStream, version });
  const created = { projectId, name: 'One', description: null, repositoryUrl: null, createdBy: 'somebody' };
  const requirement = (requirementId: string) => ({
    projectId,
    requirementId,
    title: 'Some',
    body: null,
    priority: 5,
    status: 'open',
  });
  return [
    storedEvent(at(1), 'ProjectCreated', created),
    storedEvent(at(2), 'RequirementAdded', requirement('first')),
    storedEvent(at(3), 'RequirementAdded', requirement('second')),
  ];
}

/** The one row of that story's read model. */
export const projectRow: Readonly<Record<string, unknown>> = {
  id: projectId,
  name: 'One',
  description: null,
  repositoryUrl: null,
  status: 'active',
  paused: false,
  vision: null,
  requirements: ['first', 'second'].map((id) => ({ status: 'open', id, title: 'Some', body: null, priority: 5 })),
  createdBy: 'somebody',
  tenantId,
  createdAt: '2026-01-01T00:00:01.000Z',
  updatedAt: '2026-01-01T00:00:03.000Z',
  version: 3,
};
