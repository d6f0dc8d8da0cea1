import { randomUUID } from 'node:crypto';

/**
 * A UUIDv7 from Node's pool of random bytes: an order of magnitude cheaper than asking for bytes each time, which counts
 * for ids that every request gets. Ids of the same millisecond are in no order.
 */
export function fastId(): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
