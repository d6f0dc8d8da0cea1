import type { ConsumerLogAdoptedData } from '@codex/contracts';
import type { Addition } from '@codex/event-store-postgres';
import type { LogAdoptionFact } from '@codex/kafka-messaging';
import { v7 as uuidv7 } from 'uuid';
import { SYSTEM_TENANT } from '../context/system-tenant';

/** The stream of one adoption, which has one event. */
export function logAdoptionStream(id: string): string {
  return `LogAdoption-${id}`;
}

/** A log holds messages of all tenants, so its adoption belongs to the system. */
export function logAdoptionEvent(service: string, fact: LogAdoptionFact): Addition {
  const { id, group: consumerGroup, logs, reason, by } = fact;
  const data: ConsumerLogAdoptedData = { adoptionId: id, service, consumerGroup, logs, reason };
  const messageId = uuidv7();
  const byItself = { commandId: messageId, correlationId: id, causationId: id, actor: `service:${service}` };
  const { commandId, correlationId, causationId, actor, traceparent } = { traceparent: undefined, ...(by ?? byItself) };
  const ids = { messageId, commandId, correlationId, causationId, actor };
  const metadata = traceparent === undefined ? ids : { ...ids, traceparent };
  const event = { type: 'ConsumerLogAdopted', data, metadata };
  return { stream: logAdoptionStream(id), tenantId: SYSTEM_TENANT, events: [event] };
}
