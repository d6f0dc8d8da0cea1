import type { Sql } from '@codex/postgres';
import { gauges } from '../metrics/metrics';

interface GroupCounts {
  readonly group: string;
  readonly parked: number;
  readonly waiting: number;
  readonly waitingSeconds: number;
}

const COUNTS = `
select g.consumer_group as "group",
  (select count(*)::int from inbox.dead_letters d where d.consumer_group = g.consumer_group and d.status = 'parked') as parked,
  count(w.since)::int as waiting,
  coalesce(extract(epoch from clock_timestamp() - min(w.since)), 0)::float as "waitingSeconds"
from (select distinct consumer_group from inbox.offsets) g
left join (inbox.waiting w join inbox.offsets o using (consumer_group, topic, partition, next_offset))
  on w.consumer_group = g.consumer_group
group by g.consumer_group`;

/** One query serves the gauges of one scrape. */
const KEPT_MS = 500;

/** What is parked and what waits now, by consumer group. Nothing is shown while the database is away. */
export function measureInbox(sql: Sql): void {
  let kept: { readonly until: number; readonly counts: Promise<readonly GroupCounts[]> } | undefined;
  const counts = (): Promise<readonly GroupCounts[]> => {
    if (kept === undefined || kept.until < Date.now()) {
      const read = sql.query<GroupCounts>(COUNTS).then(
        ({ rows }) => rows,
        () => [],
      );
      kept = { until: Date.now() + KEPT_MS, counts: read };
    }
    return kept.counts;
  };
  const show = (name: string, description: string, value: (count: GroupCounts) => number): void =>
    gauges(name, description, async () =>
      (await counts()).map((count) => ({ labels: { group: count.group }, value: value(count) })),
    );
  show('dead_letters_parked', 'Entities that are parked now', ({ parked }) => parked);
  show('consumer_waiting_partitions', 'Partitions that wait at a message', ({ waiting }) => waiting);
  show('consumer_waiting_seconds', 'How long the longest of them waits', ({ waitingSeconds }) => waitingSeconds);
}
