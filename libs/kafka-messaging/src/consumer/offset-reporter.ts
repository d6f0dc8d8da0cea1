import type { KafkaConsumer } from '../driver/kafka-driver';
import { keyOf, type Assignment } from './assignment';

/** A shutdown waits no longer than this for a Kafka that is away. */
const LAST_REPORT_MS = 2_000;

/**
 * Tells Kafka the stored offsets now and then, so that lag tools show something. Nothing reads them back: a failure is
 * of no consequence.
 */
export class OffsetReporter {
  private timer: NodeJS.Timeout | undefined;
  private readonly reported = new Map<string, number>();

  constructor(
    private readonly consumer: KafkaConsumer,
    private readonly assignment: () => Assignment | null,
  ) {}

  start(intervalMs: number): void {
    this.timer = setInterval(() => void this.report(), intervalMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, LAST_REPORT_MS)));
    await Promise.race([this.report(), limit]);
    clearTimeout(timer);
  }

  private async report(): Promise<void> {
    const moved = [...(this.assignment()?.ownedPartitions ?? [])].filter(
      (partition) => partition.stored > 0 && this.reported.get(keyOf(partition)) !== partition.stored,
    );
    if (moved.length === 0) return;
    const offsets = moved.map(({ topic, partition, stored }) => ({ topic, partition, offset: stored }));
    try {
      await this.consumer.commitOffsets(offsets);
      for (const each of offsets) this.reported.set(keyOf(each), each.offset);
    } catch {
      // The next report says it again.
    }
  }
}
