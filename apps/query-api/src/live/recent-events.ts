import type { LiveEvent } from './live-event';

/** How much is kept. */
export interface RecentLimits {
  readonly events: number;
  readonly bytes: number;
}

/**
 * The newest events in the order they were read, under consecutive numbers. Who reads on from a number finds all that
 * came since, as long as it is not older than {@link first}.
 */
export class RecentEvents {
  private readonly events: LiveEvent[] = [];
  /** Evicted entries at the front of the array, cut off now and then. */
  private dropped = 0;
  private bytes = 0;
  private firstNumber = 0;
  private readonly beginning: number[];

  /** @param positions where reading began, a position each slot */
  constructor(
    positions: readonly number[],
    private readonly limits: RecentLimits,
  ) {
    this.beginning = [...positions];
  }

  /** The number of the oldest event that is kept. */
  get first(): number {
    return this.firstNumber;
  }

  /** The number that the next event will have. */
  get next(): number {
    return this.firstNumber + this.events.length - this.dropped;
  }

  /** Everything from these positions on is kept. */
  get begins(): readonly number[] {
    return this.beginning;
  }

  at(number: number): LiveEvent {
    return this.events[number - this.firstNumber + this.dropped]!;
  }

  add(event: LiveEvent): void {
    this.events.push(event);
    this.bytes += event.bytes;
    while (this.events.length - this.dropped > this.limits.events || this.bytes > this.limits.bytes) this.dropFirst();
  }

  private dropFirst(): void {
    const oldest = this.events[this.dropped]!;
    this.dropped++;
    this.firstNumber++;
    this.bytes -= oldest.bytes;
    this.beginning[oldest.slot] = oldest.offset + 1;
    if (this.dropped < 1_024) return;
    this.events.splice(0, this.dropped);
    this.dropped = 0;
  }
}
