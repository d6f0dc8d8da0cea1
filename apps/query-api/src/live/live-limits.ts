import { Problem } from '@codex/platform';

/** How many streams there may be on one replica, and what they may cost. */
export interface LiveLimits {
  readonly streams: number;
  readonly streamsOfCaller: number;
  /** Streams that read the log by themselves, from an older cursor. */
  readonly catchUps: number;
  /** A cursor may be so many events behind the end of the log. */
  readonly eventsBehind: number;
  /** What the tail keeps for slow clients and for those that come back. */
  readonly recent: { readonly events: number; readonly bytes: number };
  /** How long the log is still followed when nobody listens any more. */
  readonly lingerMs: number;
  readonly heartbeatMs: number;
  /** A stream is ended after so long: credentials are checked again when the client comes back. */
  readonly longestMs: number;
}

export const defaultLiveLimits: LiveLimits = {
  streams: 1_000,
  streamsOfCaller: 50,
  catchUps: 16,
  eventsBehind: 500_000,
  recent: { events: 8_192, bytes: 16 * 1024 * 1024 },
  lingerMs: 30_000,
  heartbeatMs: 15_000,
  longestMs: 60 * 60_000,
};

const RETRY_AFTER_S = 5;

/** Counts streams, in all and of each caller. */
export class StreamCount {
  private readonly ofCaller = new Map<string, number>();
  private all = 0;

  constructor(private readonly limits: Pick<LiveLimits, 'streams' | 'streamsOfCaller'>) {}

  get total(): number {
    return this.all;
  }

  /** Throws 429 when there are too many. The caller must call what is returned once. */
  enter(caller: string): () => void {
    const own = this.ofCaller.get(caller) ?? 0;
    if (own >= this.limits.streamsOfCaller || this.all >= this.limits.streams) throw tooMany();
    this.ofCaller.set(caller, own + 1);
    this.all++;
    return () => this.leave(caller);
  }

  private leave(caller: string): void {
    const left = this.ofCaller.get(caller)! - 1;
    if (left === 0) this.ofCaller.delete(caller);
    else this.ofCaller.set(caller, left);
    this.all--;
  }
}

/** 429 for streams. */
export function tooMany(): Problem {
  return new Problem('RATE_LIMITED', 'too many live streams', { retryAfterS: RETRY_AFTER_S });
}
