/** How a {@link TurnQueue} cuts its batches. */
export interface TurnQueueOptions<Item> {
  readonly maxBatch: number;
  readonly maxInFlight: number;
  /** From twice so many waiting items on, they are shared out to all free batches, so that both sides have work at once. */
  readonly worthSharing?: number;
  /** A batch holds at least one item, and further ones while the sum of their weights stays below. */
  readonly maxWeight?: number;
  readonly weightOf?: (item: Item) => number;
  /** What only one item may hold at a time, over all batches in flight. Others wait, in order. */
  readonly claimsOf?: (item: Item) => readonly string[];
  /** Settles every item of the batch itself; must not reject. */
  readonly execute: (batch: readonly Item[]) => Promise<void>;
}

/**
 * Gathers what arrives within one turn of the event loop, or while earlier batches are out, into batches. Items that
 * hold a claim in common are never out at the same time and keep their order.
 */
export class TurnQueue<Item> {
  private waiting: Item[] = [];
  private readonly claimed = new Set<string>();
  private inFlight = 0;
  private scheduled = false;
  private readonly idleListeners: (() => void)[] = [];

  constructor(private readonly options: TurnQueueOptions<Item>) {}

  push(item: Item): void {
    this.waiting.push(item);
    this.schedule();
  }

  /** Resolves when nothing waits and nothing is out. */
  async idle(): Promise<void> {
    if (this.waiting.length === 0 && this.inFlight === 0) return;
    await new Promise<void>((resolve) => this.idleListeners.push(resolve));
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= this.options.maxInFlight) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.start();
    });
  }

  private start(): void {
    const batch = this.takeBatch();
    if (batch.length === 0) return;
    const claims = batch.flatMap((item) => this.claimsOf(item));
    this.inFlight++;
    void this.options.execute(batch).finally(() => {
      this.inFlight--;
      for (const claim of claims) this.claimed.delete(claim);
      this.continue();
    });
    if (this.waiting.length > 0) this.schedule();
  }

  private continue(): void {
    if (this.waiting.length > 0) return this.schedule();
    if (this.inFlight > 0) return;
    for (const listener of this.idleListeners.splice(0)) listener();
  }

  private takeBatch(): Item[] {
    const batch: Item[] = [];
    const kept: Item[] = [];
    const passed = new Set<string>();
    const limit = this.fairShare();
    let weight = 0;
    for (const [index, item] of this.waiting.entries()) {
      const claims = this.claimsOf(item);
      const heavier = weight + (this.options.weightOf?.(item) ?? 0);
      if (batch.length >= limit || (batch.length > 0 && heavier > this.maxWeight)) {
        kept.push(...this.waiting.slice(index));
        break;
      }
      if (claims.some((claim) => this.claimed.has(claim) || passed.has(claim))) {
        kept.push(item);
        // Whoever wants a claim of a waiting item waits behind it, so equal claims keep their order.
        for (const claim of claims) passed.add(claim);
        continue;
      }
      weight = heavier;
      batch.push(item);
      for (const claim of claims) this.claimed.add(claim);
    }
    this.waiting = kept;
    return batch;
  }

  private fairShare(): number {
    const { maxBatch, maxInFlight, worthSharing = Number.POSITIVE_INFINITY } = this.options;
    const waiting = this.waiting.length;
    if (waiting < 2 * worthSharing) return maxBatch;
    return Math.min(maxBatch, Math.ceil(waiting / (maxInFlight - this.inFlight)));
  }

  private claimsOf(item: Item): readonly string[] {
    return this.options.claimsOf?.(item) ?? [];
  }

  private get maxWeight(): number {
    return this.options.maxWeight ?? Number.POSITIVE_INFINITY;
  }
}
