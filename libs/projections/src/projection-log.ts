import { LogBehind, LogReplaced, requireReach, requireSameLogs, type KafkaDriver } from '@codex/kafka-messaging';
import { inTransaction } from '@codex/postgres';
import type { Pool } from 'pg';
import { generationGroup } from './generation';
import type { Projection } from './projection';
import { offsetPlaces, offsetsAt, type Offsets } from './projection-offsets';

/** The log that a projection reads, as seen from one of its generations. */
export interface ProjectionLog {
  /** It is another log than the one that the generation was built from, or ends below what that has processed. */
  readonly replaced: boolean;
  /** Where it ends now. */
  readonly ends: Offsets;
}

/** Asks Kafka, and compares with what the generation remembers. Rejects when one of them is away. */
export async function readProjectionLog(
  { driver, pool }: { readonly driver: KafkaDriver; readonly pool: Pool },
  projection: Projection,
  generation: number,
): Promise<ProjectionLog> {
  const group = generationGroup(projection.name, generation);
  const admin = driver.admin();
  try {
    // Before Kafka is asked: what is processed while it answers may lie above the answer.
    const owned = await offsetPlaces(pool, group);
    const cluster = await admin.describe(projection.topics);
    const ends = await Promise.all(
      cluster.topics.map(async ({ name: topic }) => ({ topic, offsets: await admin.offsets(topic) })),
    );
    const replaced = await isRefused(async () => {
      await inTransaction(pool, (tx) => requireSameLogs(tx, group, cluster));
      for (const end of ends) requireReach(group, end, owned);
    });
    return { replaced, ends: offsetsAt(ends) };
  } finally {
    await admin.close();
  }
}

async function isRefused(check: () => Promise<void>): Promise<boolean> {
  try {
    await check();
    return false;
  } catch (error) {
    if (error instanceof LogReplaced || error instanceof LogBehind) return true;
    throw error;
  }
}
