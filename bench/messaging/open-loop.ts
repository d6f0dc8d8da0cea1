import type { PostgresEventStore } from '@codex/event-store-postgres';
import { v7 as uuidv7 } from 'uuid';

import { sampleEvent, sampleTenant } from './sample-world';

/** Appends one event a stream at a fixed rate, whatever the store answers, and resolves when all are stored. */
export async function appendAtRate(store: PostgresEventStore, perSecond: number, seconds: number): Promise<number> {
  const start = performance.now();
  const total = perSecond * seconds;
  const appends: Promise<unknown>[] = [];
  while (appends.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * perSecond));
    while (appends.length < due) appends.push(appendOne(store));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(appends);
  return total;
}

/** Fills the store as fast as it takes, `perAppend` events a stream. */
export async function appendMany(store: PostgresEventStore, events: number, perAppend: number): Promise<void> {
  let left = events;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      const count = Math.min(perAppend, left);
      left -= count;
      await appendOne(store, count);
    }
  };
  await Promise.all(Array.from({ length: 64 }, caller));
}

function appendOne(store: PostgresEventStore, count = 1): Promise<unknown> {
  const id = uuidv7();
  const events = Array.from({ length: count }, () => sampleEvent(id));
  const stream = { stream: `WorkItem-${id}`, tenantId: sampleTenant, expectedVersion: 0, events };
  return store.append({ commandId: events[0]!.metadata.commandId, streams: [stream] });
}
