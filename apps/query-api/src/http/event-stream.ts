import { Readable } from 'node:stream';
import type { LiveDelivery, LiveSubscription } from '../live/live-subscription';

const BUFFERED_BYTES = 64 * 1024;
const RECONNECT_MS = 1_000;
/** What a client that no longer reads gets to take its last bytes. */
const FAREWELL_MS = 10_000;

/**
 * A subscription as `text/event-stream`. Begins with the cursor of "now", so that a client that is cut off before its
 * first event misses nothing; a comment with the current cursor keeps quiet streams alive. When the service ends it, the
 * last thing is an event `close` with the reason and the cursor.
 */
export class EventStream extends Readable {
  private readonly heartbeat: NodeJS.Timeout;
  private farewell: NodeJS.Timeout | undefined;
  private pulling = false;
  private spoke = false;

  constructor(
    private readonly subscription: LiveSubscription,
    heartbeatMs: number,
  ) {
    super({ highWaterMark: BUFFERED_BYTES });
    this.heartbeat = setInterval(() => this.beat(), heartbeatMs).unref();
    this.push(`retry: ${RECONNECT_MS}\nid: ${subscription.cursor}\n\n`);
  }

  override _read(): void {
    if (this.pulling) return;
    this.pulling = true;
    void this.pull();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    clearTimeout(this.farewell);
    this.subscription.end('CLIENT_LEFT');
    callback(error);
  }

  private async pull(): Promise<void> {
    const deliveries = await this.subscription.next();
    this.pulling = false;
    if (this.destroyed) return;
    if (deliveries.length === 0) return this.close();
    this.spoke = true;
    this.push(deliveries.map(textOf).join(''));
  }

  private beat(): void {
    // A client that does not read is not pulled for, so it is told of its end from here.
    if (this.subscription.ended !== null) return this.close();
    if (!this.spoke && this.readableLength < BUFFERED_BYTES) {
      this.push(`: heartbeat\nid: ${this.subscription.cursor}\n\n`);
    }
    this.spoke = false;
  }

  private close(): void {
    if (this.farewell !== undefined) return;
    clearInterval(this.heartbeat);
    this.farewell = setTimeout(() => this.destroy(), FAREWELL_MS).unref();
    const { cursor, ended } = this.subscription;
    this.push(`event: close\nid: ${cursor}\ndata: ${JSON.stringify({ code: ended, cursor })}\n\n`);
    this.push(null);
  }
}

function textOf({ event, cursor }: LiveDelivery): string {
  return `id: ${cursor}\ndata: ${event.json}\n\n`;
}
