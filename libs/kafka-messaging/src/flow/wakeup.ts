/** A bell for one waiter. A ring while nobody waits is kept, so it can't be missed; many rings are one. */
export class Wakeup {
  private rung = false;
  private release: (() => void) | null = null;

  ring(): void {
    this.rung = true;
    this.release?.();
  }

  /** Until the bell rings, or `timeoutMs` have passed. True when it rang; the ring is used up. */
  async wait(timeoutMs?: number): Promise<boolean> {
    if (!this.rung) await this.sleep(timeoutMs);
    const rang = this.rung;
    this.rung = false;
    return rang;
  }

  /** Until the time has passed or it is over; rings are looked at and do not end it. */
  async pause(durationMs: number, isOver: () => boolean): Promise<void> {
    const until = Date.now() + durationMs;
    for (let leftMs = durationMs; leftMs > 0 && !isOver(); leftMs = until - Date.now()) await this.wait(leftMs);
  }

  private sleep(timeoutMs: number | undefined): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = timeoutMs === undefined ? undefined : setTimeout(resolve, timeoutMs);
      this.release = () => {
        clearTimeout(timer);
        resolve();
      };
    }).then(() => {
      this.release = null;
    });
  }
}
