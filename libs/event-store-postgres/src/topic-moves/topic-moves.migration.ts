import type { MigrationInterface, QueryRunner } from 'typeorm';

/*
 * The cursor belongs to the topic: one function decides what the topic is, under the lock of the cursor's row, so nobody
 * can move the cursor for a topic that was left, and nothing lies below it that is not on the topic.
 */
const STATEMENTS = [
  'alter table event_store.relay_cursors add column topic text',
  `create table event_store.topic_copies (
     relay text not null,
     topic text not null,
     era int not null default 0,
     xid xid8 not null default '0',
     position bigint not null default 0,
     left_at timestamptz,
     primary key (relay, topic)
   )`,
  `create function event_store.topic_state(p_relay text, p_first text, p_topic text, p_enter boolean)
   returns text language plpgsql as $$
   declare
     cursor_row event_store.relay_cursors;
     copy event_store.topic_copies;
   begin
     insert into event_store.relay_cursors (name) values (p_relay) on conflict do nothing;
     select * into cursor_row from event_store.relay_cursors where name = p_relay for update;
     cursor_row.topic := coalesce(cursor_row.topic, p_first);
     if cursor_row.topic = p_topic then return 'current'; end if;
     -- Nobody moves back to where everything began: whoever asks for that was configured before.
     if p_topic = p_first then return 'left'; end if;
     insert into event_store.topic_copies (relay, topic) values (p_relay, p_topic) on conflict do nothing;
     select * into copy from event_store.topic_copies where relay = p_relay and topic = p_topic;
     if copy.left_at is not null then return 'left'; end if;
     if (cursor_row.era, cursor_row.xid, cursor_row.position) > (copy.era, copy.xid, copy.position) then
       return 'copying';
     end if;
     if not p_enter then return 'copied'; end if;
     insert into event_store.topic_copies (relay, topic, left_at) values (p_relay, cursor_row.topic, clock_timestamp())
     on conflict (relay, topic) do update set left_at = excluded.left_at;
     update event_store.relay_cursors set topic = p_topic where name = p_relay;
     return 'current';
   end $$`,
];

/** Which topic a relay publishes on, how far another one holds the same, and which were left. */
export class TopicMoves1769000000001 implements MigrationInterface {
  name = 'TopicMoves1769000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function event_store.topic_state');
    await runner.query('drop table event_store.topic_copies');
    await runner.query('alter table event_store.relay_cursors drop column topic');
  }
}
