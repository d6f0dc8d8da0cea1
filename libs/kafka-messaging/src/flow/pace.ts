/** Bounds of a pace, in milliseconds. */
export interface PaceBounds {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/**
 * Keeps small rounds of work apart by as long as one takes, so that a busy machine does fewer and larger ones instead of
 * many small ones: the cost of a round hardly depends on its size. A round after a silence starts at once.
 */
export class Pace {
  private startedAt = Number.NEGATIVE_INFINITY;
  private gapMs: number;

  constructor(
    private readonly bounds: PaceBounds,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.gapMs = bounds.shortestMs;
  }

  /** A round starts now. */
  begin(): void {
    this.startedAt = this.clock();
  }

  /** A round took so long. */
  took(durationMs: number): void {
    this.gapMs = Math.min(Math.max(durationMs, this.bounds.shortestMs), this.bounds.longestMs);
  }

  /** How long the next round should still wait, counted from the start of the last one; 0 when it may start. */
  get restMs(): number {
    return Math.max(0, this.startedAt + this.gapMs - this.clock());
  }

  /** Resolves when the next round may start. */
  async rest(): Promise<void> {
    const restMs = this.restMs;
    if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
  }
}
