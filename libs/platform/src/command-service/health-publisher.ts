import { streamId, type EventStore, newId } from '@codex/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import type { ServiceHealth } from '../health/health-registry';
import type { HealthListener } from '../health/health-reporter';
import { SYSTEM_TENANT } from '../context/system-tenant';

/** Fixed for ever: the ids of all service streams follow from it. */
const SERVICE_NAMESPACE = '6f2f9d1e-7c0b-5a57-9d8e-4b8a1f6f0c11';

/** Appends each change as `ServiceHealthChanged` to the stream of this service. Rejects while the store is away. */
export function healthPublisher(store: EventStore, service: string): HealthListener {
  const stream = streamId('Service', uuidv5(service, SERVICE_NAMESPACE));
  let version = 0;
  return async (health) => {
    version = (await store.read(stream, version)).at(-1)?.version ?? version;
    const id = newId();
    const metadata = {
      messageId: newId(),
      commandId: id,
      correlationId: id,
      causationId: id,
      actor: `service:${service}`,
    };
    const event = {
      type: 'ServiceHealthChanged',
      data: { service, status: health.status, details: failingParts(health) },
      metadata,
    };
    await store.append({
      commandId: id,
      streams: [{ stream, tenantId: SYSTEM_TENANT, expectedVersion: version, events: [event] }],
    });
    version += 1;
  };
}

function failingParts({ parts }: ServiceHealth): Record<string, string> {
  const failing = Object.entries(parts).filter(([, part]) => part.status !== 'up');
  return Object.fromEntries(failing.map(([name, part]) => [name, part.detail ?? part.status]));
}
