import type {
  FoldRange,
  RecordedEvent,
  RefusedSnapshot,
  Snapshot,
  SnapshotFault,
  StreamId,
  StreamPart,
} from '@codex/event-sourcing';
import { binaryArray, type Sql } from '@codex/postgres';

import { decodeEvent, gapIn, type EventDecoder, type EventRow } from './event-reader';

interface LoadRow extends EventRow {
  /** Null for an event, else what is to be thought of the snapshot in this row. */
  readonly verdict: 'usable' | SnapshotFault | null;
  readonly event_id: string | null;
  readonly state: string | null;
  readonly checksum: Buffer | null;
}

/** What folds of these ranges need, in the order of the ranges, with one statement. */
export async function loadParts(
  sql: Sql,
  decoder: EventDecoder,
  ranges: readonly FoldRange[],
): Promise<readonly StreamPart[]> {
  const { rows } = await sql.query<LoadRow>({
    name: 'event-store-load',
    text: 'select * from event_store.load($1::text[], $2::int[], $3::text[])',
    values: [
      binaryArray.text(ranges.map(({ stream }) => stream)),
      binaryArray.int(ranges.map(({ afterVersion }) => afterVersion)),
      binaryArray.text(ranges.map(({ fingerprint }) => fingerprint ?? '')),
    ],
  });
  const found = ranges.map((range) => new PartBuilder(range));
  for (const row of rows) if (row.verdict !== null) found[row.no - 1]!.takeSnapshot(row);
  for (const row of rows) if (row.verdict === null) found[row.no - 1]!.takeEvent(decoder, row);
  return found.map(({ part }) => part);
}

/** Joins what was loaded with the ranges it was loaded for. A stream that was asked for twice gets its first part. */
export function partsByStream(
  ranges: readonly FoldRange[],
  parts: readonly StreamPart[],
): ReadonlyMap<StreamId, StreamPart> {
  const result = new Map<StreamId, StreamPart>();
  ranges.forEach(({ stream }, index) => {
    if (!result.has(stream)) result.set(stream, parts[index]!);
  });
  return result;
}

class PartBuilder {
  private snapshot: Snapshot | null = null;
  private refused: RefusedSnapshot | null = null;
  private readonly events: RecordedEvent[] = [];
  private version: number;

  constructor(private readonly range: FoldRange) {
    this.version = range.afterVersion;
  }

  get part(): StreamPart {
    const { snapshot, refused, events } = this;
    return { snapshot, refused, events };
  }

  takeSnapshot({ verdict, version, tenant_id, event_id, state, checksum }: LoadRow): void {
    const { stream, fingerprint } = this.range;
    if (verdict !== 'usable') {
      this.refused = { stream, version, fault: verdict! };
      return;
    }
    const place = { stream, tenantId: tenant_id, version, eventId: event_id!, fingerprint: fingerprint! };
    this.snapshot = { ...place, state: state!, checksum: checksum! };
    this.version = version;
  }

  takeEvent(decoder: EventDecoder, row: EventRow): void {
    if (row.version !== this.version + 1) throw gapIn(this.range.stream, row.version);
    this.events.push(decodeEvent(decoder, this.range.stream, row));
    this.version = row.version;
  }
}
