import type { AdoptedLog, Consumer, DeadLetter, GroupReceipt, LetterReceipt, MergedList } from './inbox-api';
import { table } from './table';

export function deadLettersReport({ items, unavailable, pageInfo }: MergedList<DeadLetter>): string {
  const rows = items.map(({ id, consumerGroup, stream, type, status, attempts, queued, lastAt }) => [
    ...[id, consumerGroup, stream, type, status, attempts, queued, lastAt],
  ]);
  const names = ['id', 'consumer', 'stream', 'type', 'status', 'attempts', 'queued', 'last'];
  const groups = [...Map.groupBy(items, ({ group }) => group)].map(([group, letters]) => [
    ...[group, letters.length, letters[0]!.reason.slice(0, 100)],
  ]);
  const parts =
    items.length === 0
      ? ['no dead letters']
      : [table(names, rows), table(['failure group', 'letters', 'reason of the newest'], groups)];
  if (pageInfo?.hasNextPage) parts.push('There are more: narrow it down with --group or --service.');
  return [...parts, ...missing(unavailable)].join('\n\n');
}

export function consumersReport({ items, unavailable }: MergedList<Consumer>): string {
  const rows = items.map(({ group, state, healthy, assignedPartitions, lagMs, parked, waiting, error }) => [
    ...[group, state, healthy ? 'yes' : 'no', assignedPartitions, lagMs, parked, waiting.length, error],
  ]);
  const names = ['consumer', 'state', 'healthy', 'partitions', 'lag ms', 'parked', 'waiting', 'error'];
  const waiting = items.flatMap(({ group, waiting: messages }) =>
    messages.map(({ topic, partition, offset, eventId, stream, since, attempts, reason }) => [
      ...[group, topic, partition, offset, eventId, stream, since, attempts, reason.slice(0, 100)],
    ]),
  );
  const columns = ['consumer', 'topic', 'partition', 'offset', 'event', 'stream', 'since', 'attempts', 'reason'];
  const parts = [table(names, rows), ...(waiting.length === 0 ? [] : [`Waiting:\n${table(columns, waiting)}`])];
  return [...parts, ...missing(unavailable)].join('\n\n');
}

export function adoptionReport(consumer: string, logs: readonly AdoptedLog[]): string {
  return [`${consumer} begins anew, and skips what took effect before:`, ...logs.map(({ found }) => `  ${found}`)].join(
    '\n',
  );
}

export function letterReport({ id, status, released, parkedBy }: LetterReceipt): string {
  if (status === 'parked') return `${id} failed again and stays parked`;
  const behind = parkedBy === null ? '' : `; what waited behind it stopped at dead letter ${parkedBy}`;
  return `${id} is ${status}, ${released} ${released === 1 ? 'message' : 'messages'} released${behind}`;
}

export function groupReport(receipt: GroupReceipt): string {
  const { group, redriven, discarded, parkedAgain, remaining, unavailable } = receipt;
  const done = redriven === undefined ? `${discarded ?? 0} discarded` : `${redriven} redriven`;
  const line = `${group}: ${done}, ${parkedAgain} failed again, ${remaining} parked now`;
  return [line, ...missing(unavailable)].join('\n');
}

function missing(unavailable: readonly string[]): string[] {
  return unavailable.length === 0 ? [] : [`Not asked, because they do not answer: ${unavailable.join(', ')}`];
}
