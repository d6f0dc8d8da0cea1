import type { Addition } from '@codex/event-store-postgres';
import type { MessageCodec, MessageMetadata } from '@codex/event-sourcing';
import type { DeadLetterFact, DeadLetterJournal } from '@codex/kafka-messaging';
import type {
  ConsumerMessageSkippedData,
  DeadLetterDiscardedData,
  DeadLetterParkedData,
  DeadLetterRedrivenData,
} from '@codex/contracts';
import { v7 as uuidv7 } from 'uuid';
import { SYSTEM_TENANT } from '../context/system-tenant';
import { logAdoptionEvent } from './log-adoption-event';

const CATEGORY = 'DeadLetter';
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The stream of everything that happens to one dead letter. */
export function deadLetterStream(id: string): string {
  return `${CATEGORY}-${id}`;
}

/**
 * Keeps the history of dead letters as events of the context `system`, in the event table of the service's own database.
 * They belong to the tenant of the message, to {@link SYSTEM_TENANT} when its headers don't tell, and hold nothing of
 * its body.
 *
 * A consumer of these very events that fails at them must not feed on itself: what it parks by itself of a stream of
 * dead letters is kept and shown, but is no event.
 */
export function deadLetterEvents(service: string, codec: MessageCodec): DeadLetterJournal {
  return {
    async record(tx, facts) {
      const additions = facts.filter(isRecorded).map((fact) => additionOf(service, fact));
      if (additions.length === 0) return;
      const { appendWithin } = await import('@codex/event-store-postgres');
      await appendWithin(tx, codec, additions);
    },
    async adopted(tx, fact) {
      const { appendWithin } = await import('@codex/event-store-postgres');
      await appendWithin(tx, codec, [logAdoptionEvent(service, fact)]);
    },
  };
}

function isRecorded({ by, origin }: DeadLetterFact): boolean {
  return by !== null || !origin.entity.startsWith(`${CATEGORY}-`);
}

function additionOf(service: string, fact: DeadLetterFact): Addition {
  const { tenantId } = fact.origin;
  return {
    stream: deadLetterStream(fact.id),
    tenantId: tenantId !== null && UUID.test(tenantId) ? tenantId.toLowerCase() : SYSTEM_TENANT,
    events: [{ ...eventOf(service, fact), metadata: metadataOf(service, fact) }],
  };
}

type DeadLetterEvent =
  | { readonly type: 'DeadLetterParked'; readonly data: DeadLetterParkedData }
  | { readonly type: 'DeadLetterRedriven'; readonly data: DeadLetterRedrivenData }
  | { readonly type: 'DeadLetterDiscarded'; readonly data: DeadLetterDiscardedData }
  | { readonly type: 'ConsumerMessageSkipped'; readonly data: ConsumerMessageSkippedData };

function eventOf(service: string, { what, id, group, origin, failure, reason, waitingSince }: DeadLetterFact) {
  const { topic, partition, offset, entity, version: entityVersion, type: messageType, messageId } = origin;
  const message = { entity, entityVersion, messageType, messageId };
  const about = { deadLetterId: id, service, consumerGroup: group, topic, partition, offset, ...message };
  const { code, reason: text, failureGroup, attempts } = failure;
  const failed = { code, failure: text, failureGroup, attempts };
  const given = reason ?? '';
  const events: Record<DeadLetterFact['what'], () => DeadLetterEvent> = {
    parked: () => ({ type: 'DeadLetterParked', data: { ...about, ...failed } }),
    redriven: () => ({ type: 'DeadLetterRedriven', data: { ...about, failureGroup, reason } }),
    discarded: () => ({ type: 'DeadLetterDiscarded', data: { ...about, failureGroup, reason: given } }),
    skipped: () => ({
      type: 'ConsumerMessageSkipped',
      data: { ...about, ...failed, waitingSince: waitingSince?.toISOString() ?? '', reason: given },
    }),
  };
  return events[what]();
}

function metadataOf(service: string, { id, by, origin }: DeadLetterFact): MessageMetadata {
  const messageId = uuidv7();
  if (by === null) {
    const correlationId = origin.correlationId ?? id;
    const causationId = origin.messageId ?? id;
    return { messageId, commandId: messageId, correlationId, causationId, actor: `service:${service}` };
  }
  const { commandId, correlationId, causationId, actor, traceparent } = by;
  return { messageId, commandId, correlationId, causationId, actor, ...(traceparent !== undefined && { traceparent }) };
}
