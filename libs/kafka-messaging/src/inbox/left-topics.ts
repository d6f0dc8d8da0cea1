import type { Sql } from '@codex/postgres';

import { Header, headerText } from '../record/message-headers';
import type { DeadLetterFact, DeadLetterJournal } from './dead-letter-journal';
import { LogLeft } from './inbox-errors';
import { fetchedRecord, type StoredRecord } from './stored-record';

/** Contract: `<context>.<kind>.v<n>`, and with a suffix for a topic that took the place of it. */
const NAME = /^(?<first>.+?\.v\d+)(\.[^.]+)?$/;

/**
 * Makes a group read these topics and none that they took the place of: the partitions of those are fenced for ever,
 * whoever works on them. So no event is handled from both at once, whichever replicas run. What was parked or waited there
 * is settled, because its messages come again, in order, from the new topic. Run it in the transaction that claims.
 *
 * Guards stay: what took effect is passed over. Throws {@link LogLeft} for a topic that the group left.
 */
export async function enterTopics(
  tx: Sql,
  { group, journal }: { readonly group: string; readonly journal: DeadLetterJournal },
  topics: readonly string[],
): Promise<void> {
  // Claims of a group wait for each other, so that none overlooks what another one enters.
  await tx.query(`select pg_advisory_xact_lock(hashtext('inbox.claim'), hashtext($1))`, [group]);
  const known = await knownTopics(tx, group);
  for (const topic of topics) {
    const place = placeOf(topic);
    const others = known.filter((one) => one.topic !== topic && !topics.includes(one.topic));
    const family = others.filter((one) => placeOf(one.topic) === place);
    const left = known.find((one) => one.topic === topic)?.leftFor ?? successorOf(topic, place, family);
    if (left !== undefined) throw new LogLeft(group, { left: topic, read: left });
    for (const { topic: former, leftFor } of family) {
      if (leftFor === null) await journal.record(tx, await leave(tx, group, { former, topic }));
    }
  }
}

interface KnownTopic {
  readonly topic: string;
  readonly leftFor: string | null;
}

/** The name that a topic, or the one it took the place of, had in the beginning. */
function placeOf(topic: string): string {
  return NAME.exec(topic)?.groups?.['first'] ?? topic;
}

/** Nobody moves back to where everything began: whoever asks for that was configured before. */
function successorOf(topic: string, place: string, family: readonly KnownTopic[]): string | undefined {
  return topic === place ? family.find(({ leftFor }) => leftFor === null)?.topic : undefined;
}

async function knownTopics(tx: Sql, group: string): Promise<readonly KnownTopic[]> {
  const { rows } = await tx.query<KnownTopic>(
    `select topic, max(left_for) as "leftFor" from inbox.offsets where consumer_group = $1 group by topic`,
    [group],
  );
  return rows;
}

async function leave(
  tx: Sql,
  group: string,
  { former, topic }: { readonly former: string; readonly topic: string },
): Promise<readonly DeadLetterFact[]> {
  await tx.query(
    `update inbox.offsets set left_for = $3, epoch = epoch + 1, owner = 'left' where consumer_group = $1 and topic = $2`,
    [group, former, topic],
  );
  for (const table of ['parked_streams', 'parked', 'waiting']) {
    await tx.query(`delete from inbox.${table} where consumer_group = $1 and topic = $2`, [group, former]);
  }
  const reason = `comes again from ${topic}`;
  const { rows } = await tx.query<SettledLetter>(
    `update inbox.dead_letters set status = 'redriven', resolution = $3, last_at = clock_timestamp()
      where consumer_group = $1 and topic = $2 and status = 'parked'
      returning id, topic, partition, log, "offset", stream, version, type, message_id as "messageId", key, value, headers,
        code, reason, failure_group as "failureGroup", count as attempts`,
    [group, former, reason],
  );
  return rows.map((letter) => ({
    ...{ what: 'redriven', id: letter.id, group, reason, by: null, waitingSince: null },
    ...{ origin: originOf(letter), failure: letter },
  }));
}

type SettledLetter = StoredRecord & DeadLetterFact['failure'] & LetterOrigin & { readonly id: string };
type LetterOrigin = Pick<DeadLetterFact['origin'], 'version' | 'type' | 'messageId'> & { readonly stream: string };

function originOf(letter: SettledLetter): DeadLetterFact['origin'] {
  const { topic, partition, stream: entity, version, type, messageId } = letter;
  const { offset, headers } = fetchedRecord(letter);
  return {
    ...{ topic, partition, offset, entity, version, type, messageId },
    tenantId: headerText(headers, Header.tenantId) ?? null,
    correlationId: headerText(headers, Header.correlationId) ?? null,
  };
}
