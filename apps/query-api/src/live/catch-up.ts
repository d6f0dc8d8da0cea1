import { LogFollower, type LogLayout, type LogPositions } from '@codex/kafka-messaging';
import { LiveEvent } from './live-event';
import { GROUP_PREFIX, type LiveLog } from './live-log';

/** Events of one partition and where the next ones begin. */
export interface CaughtUp {
  readonly slot: number;
  readonly events: readonly LiveEvent[];
  readonly nextPosition: number;
}

interface Waiting {
  readonly found: CaughtUp;
  readonly done: () => void;
}

/**
 * Reads the log from a cursor for one client, at the client's pace: what was taken counts as consumed when the next is
 * asked for, and until then nothing more is fetched.
 */
export class CatchUp {
  /** Resolves when it is closed and reads nothing any more. */
  readonly finished: Promise<void>;
  private finish: (stopped: Promise<void>) => void = () => undefined;
  private readonly follower: LogFollower;
  private readonly waiting: Waiting[] = [];
  private taken: Waiting | undefined;
  private wake: () => void = () => undefined;
  private closed = false;

  /** `onLost` is called when the log does not have the positions any more. */
  constructor(log: LiveLog, layout: LogLayout, from: LogPositions, onLost: () => void) {
    this.finished = new Promise((resolve) => (this.finish = resolve));
    this.follower = new LogFollower({
      driver: log.driver,
      logger: log.logger,
      layout,
      from,
      groupPrefix: GROUP_PREFIX,
      onLost: () => {
        onLost();
        this.close();
      },
      onRecords: ({ slot, records, nextPosition }) => {
        const source = { partition: layout.partitions[slot]!, codec: log.codec };
        const events = records.flatMap((record) => LiveEvent.of(record, slot, source) ?? []);
        return this.offer({ slot, events, nextPosition });
      },
    });
    this.follower.start();
  }

  /** Waits for the next events. Null once it is closed. */
  async take(): Promise<CaughtUp | null> {
    this.taken?.done();
    this.taken = undefined;
    while (!this.closed && this.waiting.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.closed) return null;
    this.taken = this.waiting.shift();
    return this.taken!.found;
  }

  /** Ends reading; a `take` that waits resolves. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.taken?.done();
    this.waiting.splice(0).forEach(({ done }) => done());
    this.wake();
    this.finish(this.follower.stop());
  }

  private offer(found: CaughtUp): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((done) => {
      this.waiting.push({ found, done });
      this.wake();
    });
  }
}
