import type { ClaimedDelivery, Deliveries } from './deliveries';

/** What the loop turns. */
export interface DeliveryLoopOptions {
  readonly deliveries: Pick<Deliveries, 'claim'>;
  deliver(delivery: ClaimedDelivery, signal: AbortSignal): Promise<void>;
  failed(error: unknown): void;
  /** Deliveries under way at once. */
  readonly concurrency: number;
  /** Longer than one delivery can take: a crash delays it that long. */
  readonly leaseMs: number;
  readonly pollIntervalMs: number;
}

/**
 * Claims what is due and delivers it, a bounded number at once, until it is stopped. A slow receiver takes one place and
 * holds nobody else up as long as there is another. Replicas share the work.
 */
export class DeliveryLoop {
  private readonly controller = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private loop: Promise<void> | undefined;
  private poked = false;
  private wake: (() => void) | undefined;

  constructor(private readonly options: DeliveryLoopOptions) {}

  start(): void {
    this.loop ??= this.run();
  }

  poke(): void {
    this.poked = true;
    this.wake?.();
  }

  /** Breaks off what is under way, which becomes due again, and resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.controller.abort();
    this.wake?.();
    await this.loop;
    await Promise.all(this.underWay);
  }

  private async run(): Promise<void> {
    const { signal } = this.controller;
    while (!signal.aborted) {
      this.poked = false;
      const places = this.options.concurrency - this.underWay.size;
      const claimed = places > 0 ? await this.claim(places) : 0;
      const isMore = claimed > 0 && claimed === places;
      if (!isMore && !this.poked && !signal.aborted) await this.sleep();
    }
  }

  private async claim(places: number): Promise<number> {
    try {
      const claimed = await this.options.deliveries.claim(places, this.options.leaseMs);
      for (const delivery of claimed) this.deliver(delivery);
      return claimed.length;
    } catch (error) {
      this.options.failed(error);
      return 0;
    }
  }

  private deliver(delivery: ClaimedDelivery): void {
    const wasFull = (): boolean => this.underWay.size >= this.options.concurrency;
    const work = this.options
      .deliver(delivery, this.controller.signal)
      .catch((error: unknown) => this.options.failed(error))
      .finally(() => {
        const mustWake = wasFull();
        this.underWay.delete(work);
        if (mustWake) this.poke();
      });
    this.underWay.add(work);
  }

  private sleep(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, this.options.pollIntervalMs);
      this.wake = done;
      function done(): void {
        clearTimeout(timer);
        resolve();
      }
    });
  }
}
