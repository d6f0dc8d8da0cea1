import { randomFillSync } from 'node:crypto';

const RANDOM_BYTES = 8;
const COUNTER_LIMIT = 0x1000;
/** The counter starts in the lower half of its range, so that a millisecond has room for at least 2,048 ids. */
const COUNTER_START_MASK = 0x7ff;

const pool = Buffer.allocUnsafe(RANDOM_BYTES * 1024);
let used = pool.length;
let lastMs = 0;
let counter = 0;

/**
 * A new UUIDv7. Ids of one process ascend, also within a millisecond; 62 random bits keep processes apart. Random bytes
 * are fetched a thousand ids at a time, because the call for each id would cost several times the rest.
 */
export function newId(): string {
  const random = nextRandom();
  tick(random);
  const time = lastMs.toString(16).padStart(12, '0');
  const sequence = counter.toString(16).padStart(3, '0');
  pool[random] = (pool[random]! & 0x3f) | 0x80;
  const rest = pool.toString('hex', random, random + RANDOM_BYTES);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${rest.slice(0, 4)}-${rest.slice(4)}`;
}

function nextRandom(): number {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return used - RANDOM_BYTES;
}

/** Moves on to this millisecond, or counts within the last one; an id never goes back when the clock does. */
function tick(random: number): void {
  const now = Date.now();
  if (now <= lastMs && ++counter < COUNTER_LIMIT) return;
  lastMs = Math.max(now, lastMs + 1);
  counter = pool.readUInt16BE(random) & COUNTER_START_MASK;
}
