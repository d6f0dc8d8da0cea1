import type { ConsumedMessage } from '@codex/kafka-messaging';
import type { Row } from './projection';

interface Known {
  readonly version: number;
  readonly row: Row | null;
}

/**
 * Rows as of the last committed event of their stream, so that they need not be read again. What is known is only used
 * for the very next version: had anybody else written the row meanwhile (another replica, a redrive, a discard), that
 * version would have been dealt with and would not come here. The first event of a stream has no row before it.
 */
export class RowCache {
  private readonly known = new Map<string, Known>();

  constructor(private readonly limit: number) {}

  /** The row before this event; undefined when it has to be read. */
  before({ stream, version }: Pick<ConsumedMessage, 'stream' | 'version'>): Row | null | undefined {
    if (version === 1) return null;
    const known = this.known.get(stream);
    return known !== undefined && known.version === version! - 1 ? known.row : undefined;
  }

  /** Call after the commit, never before. */
  remember(stream: string, version: number, row: Row | null): void {
    this.known.delete(stream);
    this.known.set(stream, { version, row });
    if (this.known.size > this.limit) this.known.delete(this.known.keys().next().value!);
  }
}
