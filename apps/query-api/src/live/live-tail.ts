import { LogFollower, type FollowedRecords, type LogExtent } from '@codex/kafka-messaging';
import { LiveEvent } from './live-event';
import { GROUP_PREFIX, type LiveLog } from './live-log';
import { RecentEvents, type RecentLimits } from './recent-events';

/** Who wants to know about a tail. */
export interface TailListener {
  /** There may be new events in {@link LiveTail.recent}. */
  onNews(): void;
  /** The log was replaced: what was read and what comes do not belong together. */
  onLost(): void;
}

/** The end of the log, read once for everybody who follows it on this replica, with what came lately. */
export class LiveTail {
  readonly recent: RecentEvents;
  /** Read up to here, a position each slot. */
  readonly head: number[];
  private readonly follower: LogFollower;
  private told = false;

  constructor(
    private readonly log: LiveLog,
    readonly extent: LogExtent,
    private readonly listener: TailListener,
    limits: RecentLimits,
  ) {
    this.head = [...extent.latest];
    this.recent = new RecentEvents(this.head, limits);
    this.follower = new LogFollower({
      driver: log.driver,
      logger: log.logger,
      layout: extent.layout,
      from: extent.latest,
      groupPrefix: GROUP_PREFIX,
      onRecords: (followed) => this.take(followed),
      onLost: (error) => {
        log.logger.error({ err: error }, 'the log was replaced: live streams end');
        listener.onLost();
      },
    });
    this.follower.start();
  }

  close(): Promise<void> {
    return this.follower.stop();
  }

  private take({ slot, records, nextPosition }: FollowedRecords): void {
    const source = { partition: this.extent.layout.partitions[slot]!, codec: this.log.codec };
    for (const record of records) {
      const event = LiveEvent.of(record, slot, source);
      if (event !== null) this.recent.add(event);
    }
    this.head[slot] = nextPosition;
    if (records.length > 0) this.tellSoon();
  }

  // The partitions of one fetch arrive in one turn: one round for all of them.
  private tellSoon(): void {
    if (this.told) return;
    this.told = true;
    setImmediate(() => {
      this.told = false;
      this.listener.onNews();
    });
  }
}
