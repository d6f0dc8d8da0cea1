import type { CommitSignal } from '@codex/event-store-postgres';
import type { KafkaDriver, KafkaProducer, OutgoingRecord, Relay } from '@codex/kafka-messaging';
import type { DatabaseConfig } from '@codex/postgres';
import type { Pool } from 'pg';
import type { PartHealth } from '../health/health-registry';
import { gauge } from '../metrics/metrics';
import { tracingEnabled } from '../tracing-preload';
import { inBatchSpans, type BatchedMessage } from '../tracing/batch-spans';
import { eventTopicOf } from '@codex/contracts/topic-places';
import { addressingOf } from './addressing';
import type { Surroundings } from './surroundings';
import type { Context } from '@codex/contracts';
import type { KafkaConfig } from '../consumers/kafka-connection';

/** What the relay of a service is made of. */
export interface RelayParts {
  /** Of the service: renaming it publishes everything again. */
  readonly name: string;
  readonly context: Context;
  readonly kafka: KafkaConfig;
  readonly around: Surroundings;
  readonly pool: Pool;
  readonly driver: KafkaDriver;
  readonly database: DatabaseConfig;
  /** Tells of commits that should be published at once; without it they are found within `longestIdleMs`. */
  readonly commits?: { onCommit(listener: () => void): unknown };
  readonly longestIdleMs?: number;
}

/**
 * Runs the relay while the service serves: poked by commits of this process at once, and by those of other replicas over
 * a connection of its own. At the shutdown it flushes after the consumers have stopped.
 */
export async function runRelay(parts: RelayParts): Promise<void> {
  const { lifecycle, health, monitor } = parts.around;
  let relay: Relay | null = null;
  const signal = await commitSignalOf(parts, () => relay?.poke());
  lifecycle.onServing('relay', async () => {
    relay ??= await createRelay(parts);
    monitor.watch(relay);
    await signal?.start();
    relay.start();
  });
  lifecycle.onStop('relay', 'relay', async () => {
    await relay?.stop();
    await signal?.close();
  });
  health.register('relay', () => relayHealth(relay));
  gauge('relay_published', 'Messages published since the start', () => relay?.health().published ?? 0);
  gauge('relay_leader', '1 when this process has the relay lock', () => (relay?.health().leader ? 1 : 0));
}

async function commitSignalOf({ name, database, commits }: RelayParts, poke: () => void): Promise<CommitSignal | null> {
  if (commits === undefined) return null;
  const { CommitSignal } = await import('@codex/event-store-postgres');
  const signal = new CommitSignal({ ...database, applicationName: `${name} signal` });
  commits.onCommit(() => {
    poke();
    signal.notify();
  });
  signal.onSignal(poke);
  return signal;
}

async function createRelay(parts: RelayParts): Promise<Relay> {
  const { acquireRelayLock, PostgresRelayReader, PostgresTopicMoves } = await import('@codex/event-store-postgres');
  const { Relay } = await import('@codex/kafka-messaging');
  const { name, context, kafka, around, pool, driver, database, longestIdleMs } = parts;
  const lockDatabase = { ...database, applicationName: `${name} relay` };
  const first = eventTopicOf(context);
  const topic = kafka.topics.nameOf(first);
  return new Relay({
    source: new PostgresRelayReader(pool, name, topic),
    topic: { name: topic, moves: new PostgresTopicMoves(pool, name, first) },
    acquireLock: (signal) => acquireRelayLock(lockDatabase, name, { signal }),
    producer: traced(driver.producer()),
    addressing: await addressingOf({ context, kafka, logger: around.logger }),
    logger: around.logger,
    ...(longestIdleMs !== undefined && { longestIdleMs }),
  });
}

/** The same producer, with a span for each message in the trace that led to it. */
function traced(producer: KafkaProducer): KafkaProducer {
  if (!tracingEnabled) return producer;
  const describe = ({ topic, key, headers }: OutgoingRecord): BatchedMessage => ({
    traceparent: textOf(headers.traceparent),
    name: `publish ${textOf(headers.ce_type) ?? 'message'}`,
    attributes: { 'messaging.destination.name': topic, stream: String(key) },
  });
  return {
    send: (records) =>
      inBatchSpans(
        'producer',
        () => records.map(describe),
        () => producer.send(records),
      ),
    close: () => producer.close(),
  };
}

function textOf(header: unknown): string | undefined {
  return header === undefined ? undefined : String(header);
}

/**
 * A relay that can't publish leaves commands working, so the service stays ready. One that must not, because it is
 * configured for a topic that was left, has nobody beside it who does: somebody has to know.
 */
function relayHealth(relay: Relay | null): PartHealth {
  const state = relay?.health();
  if (state === undefined) return { status: 'down', detail: 'not started' };
  if (state.state === 'passive') return { status: 'down', detail: `does not publish: ${state.lastError}` };
  if (state.leader && state.lastError !== null) {
    return { status: 'degraded', detail: 'publishing fails and is tried again' };
  }
  return { status: 'up', detail: state.state };
}
