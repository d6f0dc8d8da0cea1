import { randomUUID } from 'node:crypto';

import type {
  CommandMetadata,
  DomainCommand,
  DomainEvent,
  MessageMetadata,
  NewEvent,
  OutgoingMessage,
} from '../message';

/** The tenant of {@link commandMetadata}, unless another one is named. */
export const TEST_TENANT = '018f0000-0000-7000-8000-000000000001';

/** Metadata of a command with ids of its own and a fixed clock. */
export function commandMetadata(overrides: Partial<CommandMetadata> = {}): CommandMetadata {
  const commandId = randomUUID();
  return {
    commandId,
    tenantId: TEST_TENANT,
    actor: 'tester',
    correlationId: commandId,
    causationId: commandId,
    now: '2030-01-01T00:00:00.000Z',
    ...overrides,
  };
}

/** A command with {@link commandMetadata}. */
export function aCommand<Type extends string, Data>(
  type: Type,
  data: Data,
  metadata: Partial<CommandMetadata> = {},
): DomainCommand<Type, Data> {
  return { type, data, metadata: commandMetadata(metadata) };
}

/** An event on its way into a store, with ids of its own. */
export function aNewEvent<Type extends string, Data>(type: Type, data: Data): NewEvent<DomainEvent<Type, Data>> {
  return { type, data, metadata: messageMetadata() };
}

/** A reply about a stream, with ids of its own. */
export function aReply(stream: string, overrides: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const metadata = messageMetadata();
  return { kind: 'reply', stream, tenantId: TEST_TENANT, type: 'Answered', data: {}, metadata, ...overrides };
}

/** Metadata of a stored message, with ids of its own. */
export function messageMetadata(overrides: Partial<MessageMetadata> = {}): MessageMetadata {
  const messageId = randomUUID();
  return {
    messageId,
    commandId: randomUUID(),
    correlationId: messageId,
    causationId: messageId,
    actor: 'tester',
    ...overrides,
  };
}
