import type { ClusterDescription } from './kafka-driver';

/** Event topics that would forget: finite retention, or compaction. Services refuse to start on them. */
export function finiteRetention(cluster: ClusterDescription, eventTopics: readonly string[]): readonly string[] {
  return cluster.topics
    .filter(({ name }) => eventTopics.includes(name))
    .filter(({ retentionMs, cleanupPolicy }) => retentionMs !== -1 || cleanupPolicy !== 'delete')
    .map(({ name }) => name);
}
