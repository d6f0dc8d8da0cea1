import type { Sql } from '../sql';

/** Rows that nobody needs any more after a while, and how they go. */
export interface Chore {
  /** Snake case: it labels the metrics. */
  readonly name: string;
  /**
   * Removes up to `limit` of them within a transaction of its own, and resolves to how many it found. As many as `limit`
   * means that there may be more. Must find them by an index: it is asked again and again.
   */
  run(tx: Sql, limit: number): Promise<number>;
}
