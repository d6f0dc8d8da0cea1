import { hasReached, Wakeup } from '@codex/kafka-messaging';
import type { CatchUp } from './catch-up';
import { encodeLiveCursor } from './live-cursor';
import type { LiveEvent } from './live-event';
import { wants, type LiveFilter } from './live-filter';
import type { LiveTail } from './live-tail';

/** Why a stream ended. With its cursor the client goes on after all but the last. */
export type EndReason = 'CLIENT_LEFT' | 'SLOW_CONSUMER' | 'SHUTTING_DOWN' | 'TIME_LIMIT' | 'CURSOR_EXPIRED';

/** An event, and the cursor behind it. */
export interface LiveDelivery {
  readonly event: LiveEvent;
  readonly cursor: string;
}

/** What a subscription reads from, and where it begins. */
export interface SubscriptionStart {
  readonly tail: LiveTail;
  readonly filter: LiveFilter;
  /** Everything below was delivered before. */
  readonly positions: readonly number[];
  /** Reads the log until the tail is reached; null when the tail has all that is wanted. */
  readonly catchUp: CatchUp | null;
  /** The number of the first event of the tail to look at. */
  readonly number: number;
  readonly onEnd: (reason: EndReason) => void;
}

/** Events looked at before others get their turn. */
const LOOKED_AT = 1_000;

/**
 * One client's way through the log: every event that its filter wants, each exactly once, in order within a partition.
 * The client pulls, so what it does not take costs nothing; who falls behind what the tail keeps is ended.
 */
export class LiveSubscription {
  private readonly position: number[];
  private readonly bell = new Wakeup();
  private catchUp: CatchUp | null;
  private number: number;
  private endedBy: EndReason | null = null;

  constructor(private readonly start: SubscriptionStart) {
    this.position = [...start.positions];
    this.catchUp = start.catchUp;
    this.number = start.number;
  }

  /** Null while it goes on. */
  get ended(): EndReason | null {
    return this.endedBy;
  }

  /** Where to go on after everything that was delivered so far. */
  get cursor(): string {
    const { fingerprint } = this.start.tail.extent;
    return encodeLiveCursor({ fingerprint, positions: this.position });
  }

  /** The next events, at least one; none when the subscription has ended. One caller at a time. */
  async next(): Promise<readonly LiveDelivery[]> {
    while (this.endedBy === null) {
      this.leaveCatchUp();
      const found = this.catchUp === null ? this.fromTail() : await this.fromLog(this.catchUp);
      if (found.length > 0) return found;
      if (this.catchUp === null && this.isAtEnd) await this.bell.wait();
    }
    return [];
  }

  /** There may be new events in the tail. */
  notify(): void {
    this.bell.ring();
    this.endWhenBehind();
  }

  /** Ends it and wakes who waits in {@link next}. Only the first reason counts. */
  end(reason: EndReason): void {
    if (this.endedBy !== null) return;
    this.endedBy = reason;
    this.catchUp?.close();
    this.bell.ring();
    this.start.onEnd(reason);
  }

  private get isAtEnd(): boolean {
    return this.endedBy !== null || this.number >= this.start.tail.recent.next;
  }

  private endWhenBehind(): void {
    if (this.catchUp === null && this.number < this.start.tail.recent.first) this.end('SLOW_CONSUMER');
  }

  private leaveCatchUp(): void {
    const { recent } = this.start.tail;
    if (this.catchUp === null || !hasReached(this.position, recent.begins)) return;
    this.catchUp.close();
    this.catchUp = null;
    this.number = recent.first;
  }

  private fromTail(): LiveDelivery[] {
    const { recent } = this.start.tail;
    this.endWhenBehind();
    const found: LiveDelivery[] = [];
    if (this.endedBy !== null) return found;
    const until = Math.min(recent.next, this.number + LOOKED_AT);
    while (this.number < until) this.pass(recent.at(this.number++), found);
    return found;
  }

  private async fromLog(catchUp: CatchUp): Promise<LiveDelivery[]> {
    const found: LiveDelivery[] = [];
    const caughtUp = await catchUp.take();
    if (caughtUp === null) return found;
    for (const event of caughtUp.events) this.pass(event, found);
    this.position[caughtUp.slot] = Math.max(this.position[caughtUp.slot]!, caughtUp.nextPosition);
    return found;
  }

  // The tail may hold what was read from the log before, and may not have reached yet what another replica delivered.
  private pass(event: LiveEvent, into: LiveDelivery[]): void {
    if (event.offset < this.position[event.slot]!) return;
    this.position[event.slot] = event.offset + 1;
    if (wants(this.start.filter, event) && event.view !== null) into.push({ event, cursor: this.cursor });
  }
}
