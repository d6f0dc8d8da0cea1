import type { BenchResult } from '../bench-result';
import { median, type Latencies } from '../load';

/** The same thing twice: of a system that was hardly used, and of one that has grown. */
export interface Both<T> {
  readonly empty: T;
  readonly full: T;
}

type Side = keyof Both<unknown>;

/** One round of a measure on one side; smaller is better. */
export interface Figures {
  readonly [name: string]: number;
}

const MOST = 1.5;

/** Makes one of each, one after the other. */
export async function forBoth<T>(make: (side: Side) => Promise<T>): Promise<Both<T>> {
  return { empty: await make('empty'), full: await make('full') };
}

/**
 * Measures both sides in turn, the other one first in every second round, so that what else the machine does meets both.
 * The first round is thrown away. A figure's ratio is the median of the ratios of the rounds, and the result's value the
 * worst of them.
 */
export async function compare(
  measure: string,
  rounds: number,
  run: (side: Side) => Promise<Figures>,
): Promise<BenchResult[]> {
  const seen: Record<Side, Figures[]> = { empty: [], full: [] };
  for (let round = 0; round <= rounds; round++) {
    const order: readonly Side[] = round % 2 === 0 ? ['empty', 'full'] : ['full', 'empty'];
    for (const side of order) {
      const figures = await run(side);
      if (round > 0) seen[side].push(figures);
    }
  }
  const details = Object.fromEntries(Object.keys(seen.empty[0]!).map((name) => [name, ratioOf(seen, name)]));
  const value = Math.max(...Object.values(details).map(({ ratio }) => ratio));
  return [{ id: 'P11', measure, value, unit: 'x', target: `<= ${MOST} x`, met: value <= MOST, details }];
}

/** The middle and the far end. */
export function latencyFigures(latencies: Latencies): Figures {
  const { p50Ms, p99Ms } = latencies.summary();
  return { p50Ms, p99Ms };
}

function ratioOf({ empty, full }: Both<readonly Figures[]>, name: string) {
  const of = (figures: readonly Figures[]) => figures.map((one) => one[name]!);
  const ratios = of(full).map((value, round) => value / of(empty)[round]!);
  const spread = [Math.min(...ratios), Math.max(...ratios)].map(round);
  const rounds = { empty: of(empty), full: of(full) };
  return { empty: median(rounds.empty), full: median(rounds.full), ratio: round(median(ratios)), spread, rounds };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
