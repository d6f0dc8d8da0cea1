import { setTimeout as delay } from 'node:timers/promises';

const FIRST_MS = 200;
const LAST_MS = 10_000;

/** Growing pauses between attempts, each somewhere between half and all of its length, so that agents do not march in step. */
export class Backoff {
  private nextMs = FIRST_MS;

  constructor(private readonly random: () => number = Math.random) {}

  /** Resolves after the pause, or at once when the signal is aborted. */
  async pause(signal: AbortSignal): Promise<void> {
    const ms = this.nextMs * (0.5 + this.random() / 2);
    this.nextMs = Math.min(this.nextMs * 2, LAST_MS);
    await delay(ms, undefined, { signal }).catch(() => undefined);
  }

  reset(): void {
    this.nextMs = FIRST_MS;
  }
}
