/** Sorted latencies in milliseconds with what a table wants to know of them. */
export class Latencies {
  private readonly values: number[] = [];
  private sorted = true;

  add(ms: number): void {
    this.values.push(ms);
    this.sorted = false;
  }

  get count(): number {
    return this.values.length;
  }

  /** The value below which this share (0 to 1) of all lies; 0 when there is none. */
  quantile(share: number): number {
    if (!this.sorted) this.values.sort((a, b) => a - b);
    this.sorted = true;
    return this.values[Math.min(this.values.length - 1, Math.floor(this.values.length * share))] ?? 0;
  }

  /** p50, p99 and the largest, rounded to a hundredth of a millisecond. */
  summary(): { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number; readonly count: number } {
    const round = (ms: number) => Math.round(ms * 100) / 100;
    const { count } = this;
    return {
      p50Ms: round(this.quantile(0.5)),
      p99Ms: round(this.quantile(0.99)),
      maxMs: round(this.quantile(1)),
      count,
    };
  }
}

/** Calls in a closed loop: each of `callers` begins its next one when its last has ended. Returns calls per second. */
export async function closedLoop(
  load: { readonly callers: number; readonly forMs: number },
  call: () => Promise<void>,
): Promise<{ readonly perSecond: number; readonly latencies: Latencies }> {
  const latencies = new Latencies();
  const startedAt = performance.now();
  const caller = async (): Promise<void> => {
    while (performance.now() - startedAt < load.forMs) {
      const calledAt = performance.now();
      await call();
      latencies.add(performance.now() - calledAt);
    }
  };
  await Promise.all(Array.from({ length: load.callers }, caller));
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: latencies.count / seconds, latencies };
}

/**
 * Calls at a fixed rate whatever the answers do. A latency counts from the moment a call was due, so a stall shows in
 * every call that it delayed.
 */
export async function openLoop(
  load: { readonly perSecond: number; readonly forMs: number },
  call: () => Promise<void>,
): Promise<Latencies> {
  const latencies = new Latencies();
  const pending: Promise<void>[] = [];
  const startedAt = performance.now();
  const total = Math.floor((load.perSecond * load.forMs) / 1000);
  for (let made = 0; made < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1000) * load.perSecond));
    for (; made < due; made++) {
      const dueAt = startedAt + (made / load.perSecond) * 1000;
      pending.push(call().then(() => latencies.add(performance.now() - dueAt)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  return latencies;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
