import type { Sql } from '@codex/postgres';

import type { ClusterDescription, PartitionOffsets } from '../driver/kafka-driver';
import { LogBehind, LogReplaced } from './inbox-errors';

interface StoredLog {
  readonly topic: string;
  readonly cluster_id: string | null;
  readonly topic_id: string | null;
  readonly processed: boolean;
}

/**
 * Makes sure that the topics of a group are the ones it processed so far: the same Kafka cluster and the same topics, not
 * others of their names. Stores the identity of what nothing was processed of yet. Throws {@link LogReplaced}.
 */
export async function requireSameLogs(sql: Sql, group: string, cluster: ClusterDescription): Promise<void> {
  const known = await storedLogs(sql, group, cluster);
  for (const identity of identitiesOf(cluster)) {
    const log = known.get(identity.topic);
    if (log === undefined || isSame(log, identity)) continue;
    if (isReplaced(log, identity)) {
      throw new LogReplaced(group, { processed: textOf(log.cluster_id!, log.topic_id), found: identityText(identity) });
    }
    await storeIdentity(sql, group, identity);
  }
}

/** The topics of the cluster that are others than those the group processed messages of, each with both identities. */
export async function replacedLogs(
  sql: Sql,
  group: string,
  cluster: ClusterDescription,
): Promise<readonly { readonly processed: string; readonly found: LogIdentity }[]> {
  const known = await storedLogs(sql, group, cluster);
  return identitiesOf(cluster).flatMap((found) => {
    const log = known.get(found.topic);
    if (log === undefined || !isReplaced(log, found)) return [];
    return [{ processed: textOf(log.cluster_id!, log.topic_id), found }];
  });
}

/** Makes sure that a log reaches up to what was processed of it. Throws {@link LogBehind}. */
export function requireReach(
  group: string,
  ends: { readonly topic: string; readonly offsets: readonly PartitionOffsets[] },
  owned: Iterable<{ readonly topic: string; readonly partition: number; readonly stored: number }>,
): void {
  for (const { topic, partition, stored } of owned) {
    const end = topic === ends.topic ? ends.offsets.find((each) => each.partition === partition)?.latest : undefined;
    if (end !== undefined && end < stored) throw new LogBehind(group, { topic, partition, end, processed: stored });
  }
}

/** A topic as Kafka shows it. */
export interface LogIdentity {
  readonly topic: string;
  readonly clusterId: string;
  readonly topicId: string | null;
}

async function storedLogs(
  sql: Sql,
  group: string,
  { topics }: ClusterDescription,
): Promise<ReadonlyMap<string, StoredLog>> {
  const { rows } = await sql.query<StoredLog>(
    `select t.topic, l.cluster_id, l.topic_id, exists (select from inbox.offsets o
       where o.consumer_group = $1 and o.topic = t.topic and o.next_offset > 0) as processed
     from unnest($2::text[]) t(topic) left join inbox.logs l on l.consumer_group = $1 and l.topic = t.topic`,
    [group, topics.map(({ name }) => name)],
  );
  return new Map(rows.map((row) => [row.topic, row]));
}

export function identitiesOf({ clusterId, topics }: ClusterDescription): readonly LogIdentity[] {
  return topics.map(({ name, topicId }) => ({ topic: name, clusterId, topicId }));
}

function isSame(log: StoredLog, { clusterId, topicId }: LogIdentity): boolean {
  return log.cluster_id === clusterId && log.topic_id === topicId;
}

// Unknown on either side (rows of an earlier version, brokers that don't tell ids) is taken for the same.
function isReplaced(log: StoredLog, { clusterId, topicId }: LogIdentity): boolean {
  if (!log.processed || log.cluster_id === null) return false;
  return log.cluster_id !== clusterId || (log.topic_id !== null && topicId !== null && log.topic_id !== topicId);
}

async function storeIdentity(sql: Sql, group: string, { topic, clusterId, topicId }: LogIdentity): Promise<void> {
  await sql.query(
    `insert into inbox.logs as l (consumer_group, topic, cluster_id, topic_id) values ($1, $2, $3, $4)
     on conflict (consumer_group, topic) do update
        set cluster_id = excluded.cluster_id, topic_id = coalesce(excluded.topic_id, l.topic_id), since = clock_timestamp()`,
    [group, topic, clusterId, topicId],
  );
}

export function identityText({ topic, clusterId, topicId }: LogIdentity): string {
  return `${topic}, ${textOf(clusterId, topicId)}`;
}

function textOf(clusterId: string, topicId: string | null): string {
  return `topic ${topicId ?? 'of unknown id'} of cluster ${clusterId}`;
}
