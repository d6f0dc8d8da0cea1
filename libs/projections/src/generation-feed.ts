import type { BatchConsumer, ConsumerHealth } from '@codex/kafka-messaging';

/** The consumers of this process that feed one generation, as one: they share its partitions. */
export class GenerationFeed {
  constructor(private readonly consumers: readonly [BatchConsumer, ...BatchConsumer[]]) {}

  get group(): string {
    return this.consumers[0].group;
  }

  get deadLetters(): BatchConsumer['deadLetters'] {
    return this.consumers[0].deadLetters;
  }

  /** Refused: a generation is rebuilt. */
  adoptLogs(act: Parameters<BatchConsumer['adoptLogs']>[0]): ReturnType<BatchConsumer['adoptLogs']> {
    return this.consumers[0].adoptLogs(act);
  }

  poke(): void {
    for (const consumer of this.consumers) consumer.poke();
  }

  start(): void {
    for (const consumer of this.consumers) consumer.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
  }

  /** The worst of each, and the sum of what is counted. */
  health(): ConsumerHealth {
    return this.consumers.map((consumer) => consumer.health()).reduce(both);
  }
}

function both(a: ConsumerHealth, b: ConsumerHealth): ConsumerHealth {
  return {
    group: a.group,
    state: a.healthy ? b.state : a.state,
    healthy: a.healthy && b.healthy,
    assignedPartitions: a.assignedPartitions + b.assignedPartitions,
    lagMs: Math.max(a.lagMs, b.lagMs),
    gathered: a.gathered + b.gathered,
    lastFetchAt: earliest(a.lastFetchAt, b.lastFetchAt),
    lastProgressAt: earliest(a.lastProgressAt, b.lastProgressAt),
    processed: a.processed + b.processed,
    parked: a.parked + b.parked,
    lastError: a.lastError ?? b.lastError,
  };
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.min(a, b);
}
