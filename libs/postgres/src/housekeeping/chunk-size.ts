const FIRST = 200;
const LEAST = 10;
const MOST = 5_000;
/** Half of what a transaction may take before it holds up the relays of the whole server noticeably. */
const AIM_MS = 50;

/** How many rows fit into one short transaction, learnt from how long the last ones took. */
export class ChunkSize {
  private current = FIRST;

  get value(): number {
    return this.current;
  }

  /** A chunk of the current size took so long. Grows by half at most, shrinks as far as it takes. */
  learn(tookMs: number): void {
    const fitting = (this.current * AIM_MS) / Math.max(1, tookMs);
    this.current = Math.round(Math.max(LEAST, Math.min(MOST, this.current * 1.5, fitting)));
  }
}
