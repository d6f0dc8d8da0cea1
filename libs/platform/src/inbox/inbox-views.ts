import type { ConsumerHealth, DeadLetter, DeadLetterStatus, WaitingMessage } from '@codex/kafka-messaging';

/** A dead letter, as operators see it. Times are RFC 3339. */
export interface DeadLetterView {
  readonly id: string;
  readonly service: string;
  readonly consumerGroup: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly stream: string;
  readonly version: number | null;
  readonly type: string | null;
  readonly eventId: string | null;
  readonly code: string;
  readonly reason: string;
  /** The failure group. */
  readonly group: string;
  readonly status: DeadLetterStatus;
  readonly attempts: number;
  readonly firstAt: string;
  readonly lastAt: string;
  /** Messages that wait behind it. */
  readonly queued: number;
  readonly resolution: string | null;
  readonly resolvedBy: string | null;
}

/** A message that a partition waits at. */
export interface WaitingView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly eventId: string;
  readonly stream: string;
  readonly version: number | null;
  readonly type: string;
  readonly code: string;
  readonly reason: string;
  readonly failureGroup: string;
  readonly since: string;
  readonly lastAt: string;
  readonly attempts: number;
}

/** A consumer as this process runs it, and where its partitions wait, whichever process has them. */
export interface ConsumerView {
  readonly service: string;
  readonly group: string;
  readonly state: ConsumerHealth['state'];
  readonly healthy: boolean;
  readonly assignedPartitions: number;
  readonly lagMs: number;
  /** Entities that are parked now. */
  readonly parked: number;
  /** Why it does not go on, when it does not. */
  readonly error: string | null;
  readonly waiting: readonly WaitingView[];
}

export function deadLetterView(service: string, letter: DeadLetter): DeadLetterView {
  const { group, failureGroup, count, messageId, offset, firstAt, lastAt, ...rest } = letter;
  const { id, topic, partition, stream, version, type, code, reason, status, queued, resolution, resolvedBy } = rest;
  return {
    ...{ id, service, consumerGroup: group, topic, partition, offset: Number(offset), stream, version, type },
    ...{ eventId: messageId, code, reason, group: failureGroup, status, attempts: count },
    ...{ firstAt: firstAt.toISOString(), lastAt: lastAt.toISOString(), queued, resolution, resolvedBy },
  };
}

export function waitingView(message: WaitingMessage): WaitingView {
  const { topic, partition, eventId, stream, version, type, code, reason, failureGroup, attempts } = message;
  const times = { since: message.since.toISOString(), lastAt: message.lastAt.toISOString() };
  const place = { topic, partition, offset: Number(message.offset), eventId, stream, version, type };
  return { ...place, code, reason, failureGroup, ...times, attempts };
}

export function consumerView(
  service: string,
  health: ConsumerHealth,
  now: { readonly parked: number; readonly waiting: readonly WaitingMessage[] },
): ConsumerView {
  const { group, state, healthy, assignedPartitions, lagMs, lastError } = health;
  const waiting = now.waiting.map(waitingView);
  const isWaiting = state !== 'running' && state !== 'starting';
  const error = isWaiting || !healthy ? lastError : null;
  return { service, group, state, healthy, assignedPartitions, lagMs, parked: now.parked, error, waiting };
}
