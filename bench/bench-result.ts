/** One measured figure of the suite. `id` is that of the quality target; `details` holds what explains it. */
export interface BenchResult {
  readonly id: string;
  readonly measure: string;
  readonly value: number;
  readonly unit: string;
  readonly target: string;
  readonly met: boolean;
  readonly details: Record<string, unknown>;
}
