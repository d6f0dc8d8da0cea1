import type { Evidence, ReadModelRows } from '../evidence';
import type { Finding } from '../finding';

const rule = 'counts-equal-rows';

/** What a read model counts as it changes is what counting its rows gives. */
export function* countsEqualRows({ readModels }: Evidence): Iterable<Finding> {
  for (const model of readModels) {
    const { counted, name } = model.projection;
    if (counted === undefined) continue;
    const groupOf = (row: ReadModelRows['rows'][number]): string =>
      counted.map((field) => String(row[field])).join('/');
    const inRows = new Map([...Map.groupBy(model.rows, groupOf)].map(([group, rows]) => [group, rows.length]));
    const counts = new Map(model.counts.map((row) => [groupOf(row), Number(row['count'])]));
    for (const group of new Set([...inRows.keys(), ...counts.keys()])) {
      const [expected, seen] = [inRows.get(group) ?? 0, counts.get(group) ?? 0];
      if (expected !== seen) yield { rule, about: `${name} ${group}`, expected: String(expected), seen: String(seen) };
    }
  }
}
