import type { Sql } from '@codex/postgres';

import type { ClusterDescription, KafkaAdmin, TopicPartition } from '../driver/kafka-driver';
import type { DeadLetterJournal } from '../inbox/dead-letter-journal';
import { LogBehind, LogLeft, LogReplaced } from '../inbox/inbox-errors';
import { claimPartitions } from '../inbox/inbox-store';
import { enterTopics } from '../inbox/left-topics';
import { requireReach, requireSameLogs } from '../inbox/log-identity';
import type { OwnedPartition } from './assignment';
import type { ConsumerDeclaration } from './consumer-declaration';
import type { ConsumerState } from './consumer-health';

/** How often a running consumer looks whether its topics are still the same ones. */
const LOOK_EVERY_MS = 60_000;

export interface LogGuardParts<Tx extends Sql> {
  readonly declaration: ConsumerDeclaration<Tx>;
  readonly owner: string;
  /** Hears of dead letters of topics that are left. */
  readonly journal: DeadLetterJournal;
  /** A new one, closed after use. */
  readonly admin: () => KafkaAdmin;
  /** Called when a topic is another one than at the last claim. */
  readonly onReplaced: () => void;
}

/**
 * Claims partitions, but only of the log that the group has processed so far. What it was is stored beside the offsets;
 * another log, or one that ends below them, is refused until the log is back or an operator decides. A topic that the
 * group left for another one is refused for ever.
 */
export class LogGuard<Tx extends Sql> {
  private claimed: ClusterDescription | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: LogGuardParts<Tx>) {}

  /** Errors: {@link LogReplaced}, {@link LogBehind}, {@link LogLeft}, or whatever keeps Kafka and the database from answering. */
  async claim(partitions: readonly TopicPartition[]): Promise<readonly OwnedPartition[]> {
    if (partitions.length === 0) return [];
    const { declaration, owner, journal } = this.parts;
    const { group, topics } = declaration;
    return this.withAdmin(async (admin) => {
      const cluster = await admin.describe(topics);
      const owned = await declaration.transaction(async (tx) => {
        await enterTopics(tx, { group, journal }, topics);
        await requireSameLogs(tx, group, cluster);
        return claimPartitions(tx, { group, owner }, partitions);
      });
      for (const topic of new Set(owned.filter(({ stored }) => stored > 0).map(({ topic }) => topic))) {
        requireReach(group, { topic, offsets: await admin.offsets(topic) }, owned);
      }
      this.claimed = cluster;
      return owned;
    });
  }

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Calls `onReplaced` when the topics are not those of the last claim. A Kafka that is away is no news. */
  async look(): Promise<void> {
    const before = this.claimed;
    if (before === null) return;
    const now = await this.withAdmin((admin) => admin.describe(this.parts.declaration.topics)).catch(() => null);
    if (now === null || this.claimed !== before || identityOf(now) === identityOf(before)) return;
    this.claimed = null;
    this.parts.onReplaced();
  }

  private async withAdmin<T>(work: (admin: KafkaAdmin) => Promise<T>): Promise<T> {
    const admin = this.parts.admin();
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }
}

/** What a failure says about the log; null when it says nothing. */
export function logRefusalOf(
  failure: unknown,
): Extract<ConsumerState, 'log-replaced' | 'log-behind' | 'log-left'> | null {
  if (failure instanceof LogReplaced) return 'log-replaced';
  if (failure instanceof LogLeft) return 'log-left';
  return failure instanceof LogBehind ? 'log-behind' : null;
}

function identityOf({ clusterId, topics }: ClusterDescription): string {
  return [clusterId, ...topics.map(({ name, topicId }) => `${name} ${topicId}`).sort()].join('\n');
}
