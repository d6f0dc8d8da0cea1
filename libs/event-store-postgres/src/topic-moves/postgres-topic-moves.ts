import { classifyPostgresError, type Sql } from '@codex/postgres';

import type { RelayCursor } from '../relay-reader';

/**
 * What a topic is to a relay: the one that is published on, one that was left for another, one that does not hold yet
 * all that is behind the relay's cursor, or one that does.
 */
export type TopicState = 'current' | 'left' | 'copying' | 'copied';

const STATE = 'select event_store.topic_state($1, $2, $3, $4) as state';

const LOAD = `select era, xid::text as xid, position from event_store.topic_copies where relay = $1 and topic = $2`;

// Not flushed to disk: losing the last steps only copies some rows again. What enters a topic is flushed, and all before it.
const SAVE = `update event_store.topic_copies c set era = $3::int, xid = $4::xid8, position = $5::bigint
  from (select set_config('synchronous_commit', 'off', true) as setting) s
  where s.setting = 'off' and c.relay = $1 and c.topic = $2
    and (c.era, c.xid, c.position) < ($3::int, $4::xid8, $5::bigint)`;

/** The topics of the relay called `relay`, which published on `first` before it was moved for the first time. */
export class PostgresTopicMoves {
  constructor(
    private readonly sql: Sql,
    private readonly relay: string,
    private readonly first: string,
  ) {}

  /** With `enter`, a topic that holds everything becomes the current one, and the one before is left for ever. */
  async stateOf(topic: string, { enter }: { readonly enter: boolean }): Promise<TopicState> {
    return (await this.select<{ state: TopicState }>(STATE, [this.relay, this.first, topic, enter]))[0]!.state;
  }

  /** Everything up to here is on the topic. Ask for its state first. */
  async loadCopy(topic: string): Promise<RelayCursor> {
    return (await this.select<RelayCursor>(LOAD, [this.relay, topic]))[0]!;
  }

  /** Moves forward, never back. */
  async saveCopy(topic: string, { era, xid, position }: RelayCursor): Promise<void> {
    await this.select(SAVE, [this.relay, topic, era, xid, position]);
  }

  private async select<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    try {
      return (await this.sql.query<Row>(text, values)).rows;
    } catch (error) {
      throw classifyPostgresError(error);
    }
  }
}
