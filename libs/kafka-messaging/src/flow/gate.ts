/** Lets everybody through while open; while closed everybody waits. */
export class Gate {
  private waiting: Promise<void> | null = null;
  private release: () => void = () => undefined;

  close(): void {
    this.waiting ??= new Promise((resolve) => (this.release = resolve));
  }

  open(): void {
    this.waiting = null;
    this.release();
  }

  async pass(): Promise<void> {
    if (this.waiting !== null) await this.waiting;
  }
}
