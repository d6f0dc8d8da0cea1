import type { RelayCursor, RelaySource } from './relay-source';

/** Saves acknowledged cursors beside the next batch: one save at a time, and of several that wait only the last. */
export class CursorSaver {
  private next: RelayCursor | null = null;
  private saving: Promise<void> | null = null;
  private failure: unknown = null;

  constructor(private readonly source: Pick<RelaySource, 'saveCursor'>) {}

  /** Throws the failure of an earlier save. */
  save(cursor: RelayCursor): void {
    if (this.failure !== null) throw this.failure;
    this.next = cursor;
    this.saving ??= this.drain();
  }

  /** Resolves when everything given is saved; rejects when it is not. */
  async flush(): Promise<void> {
    await this.saving;
    if (this.failure !== null) throw this.failure;
  }

  private async drain(): Promise<void> {
    try {
      while (this.next !== null) {
        const cursor = this.next;
        this.next = null;
        await this.source.saveCursor(cursor);
      }
    } catch (error) {
      this.failure = error;
    } finally {
      this.saving = null;
    }
  }
}
