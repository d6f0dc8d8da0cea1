import { newId } from '@codex/event-sourcing';
import type { Sql } from '@codex/postgres';

import type { ConsumerDeclaration } from '../consumer/consumer-declaration';
import type { KafkaAdmin, TopicPartition } from '../driver/kafka-driver';
import type { AdoptedLog, DeadLetterJournal, OperatorAct } from './dead-letter-journal';
import { LogBehind, LogKnown, RebuildInstead } from './inbox-errors';
import { identitiesOf, identityText, replacedLogs, requireReach, type LogIdentity } from './log-identity';

export interface LogAdoptionParts<Tx extends Sql> {
  readonly declaration: ConsumerDeclaration<Tx>;
  readonly admin: KafkaAdmin;
  readonly journal: DeadLetterJournal;
}

/** What a group goes on with. */
export interface LogAdoption {
  readonly id: string;
  readonly logs: readonly AdoptedLog[];
}

type Place = TopicPartition & { readonly stored: number };
type Found = { readonly log: LogIdentity; readonly processed: string };

/**
 * Lets a group go on with the logs that are there now, wherever they are others than those it processed or end below
 * that. Their offsets begin at 0, in a new incarnation, so that what is parked of the old log is never taken for a record
 * of the new one. Guards stay: events that took effect are skipped, and what is new follows them. Whoever is processing is
 * fenced. One transaction with its entry in the journal.
 *
 * Errors: {@link LogKnown} when there is nothing to adopt, {@link RebuildInstead}, or what keeps Kafka from answering.
 */
export async function adoptLogs<Tx extends Sql>(
  { declaration, admin, journal }: LogAdoptionParts<Tx>,
  act: OperatorAct & { readonly reason: string },
): Promise<LogAdoption> {
  const { group, topics } = declaration;
  if (declaration.needsWholeLog === true) throw new RebuildInstead(group);
  // Before Kafka is asked: what is processed while it answers may lie above the answer.
  const before = await declaration.transaction((tx) => storedPlaces(tx, group));
  const cluster = await admin.describe(topics);
  const behind: Found[] = [];
  for (const log of identitiesOf(cluster)) {
    const failure = reachFailure(group, { topic: log.topic, offsets: await admin.offsets(log.topic) }, before);
    if (failure !== null) behind.push({ log, processed: failure.message });
  }
  return declaration.transaction(async (tx) => {
    await tx.query('select 1 from inbox.offsets where consumer_group = $1 order by topic, partition for update', [
      group,
    ]);
    const replaced = await replacedLogs(tx, group, cluster);
    const adopted: Found[] = replaced.map(({ processed, found }) => ({ log: found, processed }));
    adopted.push(...behind.filter(({ log }) => adopted.every((other) => other.log.topic !== log.topic)));
    if (adopted.length === 0) throw new LogKnown(group);
    const logs: AdoptedLog[] = [];
    for (const { log, processed } of adopted) {
      const incarnation = await beginLog(tx, group, log);
      logs.push({ topic: log.topic, incarnation, processed, found: identityText(log) });
    }
    const adoption = { id: newId(), logs };
    await journal.adopted(tx, { ...adoption, group, reason: act.reason, by: act.by ?? null });
    return adoption;
  });
}

function reachFailure(
  group: string,
  ends: Parameters<typeof requireReach>[1],
  places: readonly Place[],
): LogBehind | null {
  try {
    requireReach(group, ends, places);
    return null;
  } catch (error) {
    if (error instanceof LogBehind) return error;
    throw error;
  }
}

async function storedPlaces(sql: Sql, group: string): Promise<readonly Place[]> {
  const { rows } = await sql.query<{ topic: string; partition: number; stored: string }>(
    'select topic, partition, next_offset as stored from inbox.offsets where consumer_group = $1',
    [group],
  );
  return rows.map((row) => ({ ...row, stored: Number(row.stored) }));
}

async function beginLog(sql: Sql, group: string, { topic, clusterId, topicId }: LogIdentity): Promise<number> {
  const { rows } = await sql.query<{ incarnation: number }>(
    `insert into inbox.logs as l (consumer_group, topic, cluster_id, topic_id, incarnation) values ($1, $2, $3, $4, 1)
     on conflict (consumer_group, topic) do update set cluster_id = excluded.cluster_id, topic_id = excluded.topic_id,
       incarnation = l.incarnation + 1, since = clock_timestamp()
     returning incarnation`,
    [group, topic, clusterId, topicId],
  );
  await sql.query(
    `update inbox.offsets set next_offset = 0, source_eras = '{}', epoch = epoch + 1, owner = 'adopt-log'
      where consumer_group = $1 and topic = $2`,
    [group, topic],
  );
  // A note about the old log must not be taken for one about offset 0 of the new one.
  await sql.query('delete from inbox.waiting where consumer_group = $1 and topic = $2', [group, topic]);
  return rows[0]!.incarnation;
}
