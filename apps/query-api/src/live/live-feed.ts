import { hasReached, type LogExtent, type LogPositions } from '@codex/kafka-messaging';
import { Problem } from '@codex/platform';
import { CatchUp } from './catch-up';
import type { LiveCursor } from './live-cursor';
import type { LiveFilter } from './live-filter';
import { defaultLiveLimits, StreamCount, tooMany, type LiveLimits } from './live-limits';
import { extentOf, type LiveLog } from './live-log';
import { LiveSubscription, type EndReason } from './live-subscription';
import { LiveTail } from './live-tail';

/** What a client asks for. Without `after` it is everything from now on. */
export interface LiveWish {
  /** Whose streams are counted together. */
  readonly caller: string;
  readonly filter: LiveFilter;
  readonly after?: LiveCursor | undefined;
}

/**
 * Live events for everybody on this replica. The log is followed only while somebody listens, and a while longer. What
 * is recorded after `subscribe` resolved is delivered, and what came after the cursor when there is one.
 */
export class LiveFeed {
  private readonly count: StreamCount;
  private readonly subscriptions = new Set<LiveSubscription>();
  private readonly catchUps = new Set<CatchUp>();
  private log: Promise<LiveLog> | undefined;
  private tail: Promise<LiveTail> | undefined;
  private linger: NodeJS.Timeout | undefined;
  private releasing: Promise<void> = Promise.resolve();
  private closed = false;

  /** `openLog` is called when somebody listens for the first time. */
  constructor(
    private readonly openLog: () => Promise<LiveLog>,
    readonly limits: LiveLimits = defaultLiveLimits,
    private readonly onEnd: (reason: EndReason) => void = () => undefined,
  ) {
    this.count = new StreamCount(limits);
  }

  /** Open streams: each is delivered what is recorded from now on. */
  get streams(): number {
    return this.subscriptions.size;
  }

  /** True while the log is followed. */
  get isFollowing(): boolean {
    return this.tail !== undefined;
  }

  /** Throws CURSOR_EXPIRED (410), RATE_LIMITED (429), UPSTREAM_UNAVAILABLE (503). Whoever gets one has to end it. */
  async subscribe(wish: LiveWish): Promise<LiveSubscription> {
    if (this.closed) throw new Problem('UPSTREAM_UNAVAILABLE');
    const leave = this.count.enter(wish.caller);
    clearTimeout(this.linger);
    try {
      const tail = await this.followed();
      const positions = wish.after === undefined ? tail.head : positionsOf(wish.after, tail.extent);
      const isKept = await this.isKept(positions, tail);
      if (this.closed) throw new Problem('UPSTREAM_UNAVAILABLE');
      return await this.begin(wish, { tail, positions, isKept, leave });
    } catch (error) {
      leave();
      this.lingerWhenAlone();
      throw error;
    }
  }

  /** Ends all streams; later ones are refused. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.linger);
    for (const subscription of [...this.subscriptions]) subscription.end('SHUTTING_DOWN');
    await Promise.all([this.release(), ...[...this.catchUps].map(({ finished }) => finished)]);
  }

  private async begin(
    wish: LiveWish,
    at: { tail: LiveTail; positions: LogPositions; isKept: boolean; leave: () => void },
  ): Promise<LiveSubscription> {
    const { tail, positions, isKept, leave } = at;
    const { recent, extent } = tail;
    const expire = (): void => subscription.end('CURSOR_EXPIRED');
    const catchUp = isKept ? null : this.catchUp(await this.log!, { extent, positions }, expire);
    const subscription: LiveSubscription = new LiveSubscription({
      tail,
      filter: wish.filter,
      positions,
      catchUp,
      number: wish.after === undefined ? recent.next : recent.first,
      onEnd: (reason) => {
        clearTimeout(limit);
        this.subscriptions.delete(subscription);
        leave();
        this.lingerWhenAlone();
        this.onEnd(reason);
      },
    });
    const limit = setTimeout(() => subscription.end('TIME_LIMIT'), this.limits.longestMs).unref();
    this.subscriptions.add(subscription);
    return subscription;
  }

  private catchUp(log: LiveLog, at: { extent: LogExtent; positions: LogPositions }, onLost: () => void): CatchUp {
    if (this.catchUps.size >= this.limits.catchUps) throw tooMany();
    const catchUp = new CatchUp(log, at.extent.layout, at.positions, onLost);
    this.catchUps.add(catchUp);
    void catchUp.finished.then(() => this.catchUps.delete(catchUp));
    return catchUp;
  }

  private followed(): Promise<LiveTail> {
    this.tail ??= this.open();
    return this.tail;
  }

  private async open(): Promise<LiveTail> {
    try {
      this.log ??= this.openLog();
      const log = await this.log;
      const listener = { onNews: () => this.tellAll(), onLost: () => this.lose() };
      return new LiveTail(log, await extentOf(log), listener, this.limits.recent);
    } catch (error) {
      this.tail = undefined;
      throw error;
    }
  }

  /** True when the tail has all that comes after these positions. Throws CURSOR_EXPIRED when the log does not. */
  private async isKept(positions: LogPositions, tail: LiveTail): Promise<boolean> {
    const isKept = hasReached(positions, tail.recent.begins);
    if (isKept && hasReached(tail.head, positions)) return true;
    const { earliest, latest } = await extentOf(await this.log!);
    const isInLog = hasReached(positions, earliest) && hasReached(latest, positions);
    const behind = latest.reduce((sum, end, slot) => sum + end - positions[slot]!, 0);
    if (!isInLog || behind > this.limits.eventsBehind) throw expired();
    return hasReached(positions, tail.recent.begins);
  }

  private tellAll(): void {
    for (const subscription of [...this.subscriptions]) subscription.notify();
  }

  private lose(): void {
    for (const subscription of [...this.subscriptions]) subscription.end('CURSOR_EXPIRED');
    void this.release();
  }

  private lingerWhenAlone(): void {
    if (this.closed || this.count.total > 0) return;
    clearTimeout(this.linger);
    this.linger = setTimeout(() => void this.release(), this.limits.lingerMs).unref();
  }

  private release(): Promise<void> {
    const { tail, releasing } = this;
    this.tail = undefined;
    const closed = tail?.then(
      (opened) => opened.close(),
      () => undefined,
    );
    this.releasing = Promise.all([releasing, closed]).then(() => undefined);
    return this.releasing;
  }
}

function positionsOf({ fingerprint, positions }: LiveCursor, { fingerprint: own, layout }: LogExtent): LogPositions {
  if (!fingerprint.equals(own) || positions.length !== layout.partitions.length) throw expired();
  return positions;
}

function expired(): Problem {
  return new Problem(
    'CURSOR_EXPIRED',
    'events after this cursor are not kept: read the state anew and follow from now',
  );
}
