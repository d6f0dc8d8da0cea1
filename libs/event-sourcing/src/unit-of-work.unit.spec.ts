import type { FoldRange } from './event-store';
import {
  fingerprintOf,
  sealSnapshot,
  SNAPSHOT_EVERY,
  type Snapshot,
  type Snapshots,
  type StreamPart,
} from './snapshot';
import { NotFound, VersionMismatch } from './errors';
import { StateCache } from './state-cache';
import { UnitOfWork } from './unit-of-work';
import type { Decider } from './decider';
import type { DomainCommand, DomainEvent, RecordedEvent } from './message';

const counter: Decider<DomainCommand, number, DomainEvent> = {
  category: 'Counter',
  stateVersion: 1,
  initialState: () => 0,
  evolve: (count) => count + 1,
  decide: () => [{ type: 'Counted', data: {} }],
};
const stream = 'Counter-1';
const metadata = { messageId: 'm', commandId: 'c', correlationId: 'r', causationId: 'c', actor: 'a' };
const recorded = (version: number): RecordedEvent => ({
  type: 'Counted',
  data: {},
  stream,
  version,
  tenantId: 'tenant-a',
  metadata: { ...metadata, messageId: `m${version}` },
  recordedAt: '2026-01-01T00:00:00.000Z',
});
const command = (tenantId: string): DomainCommand => ({
  type: 'Count',
  data: {},
  metadata: { ...metadata, tenantId, now: '2026-01-01T00:00:00.000Z' },
});

async function openUnit(events: readonly RecordedEvent[], cache = new StateCache()): Promise<UnitOfWork> {
  const load = async (ranges: readonly FoldRange[]) =>
    new Map(
      ranges.map((range) => [range.stream, partOf(events.filter(({ version }) => version > range.afterVersion))]),
    );
  const unit = new UnitOfWork({ store: { load }, cache, newId: () => 'id' });
  await unit.load(counter, [stream]);
  return unit;
}

function partOf(events: readonly RecordedEvent[], part: Partial<StreamPart> = {}): StreamPart {
  return { snapshot: null, refused: null, events, ...part };
}

/** What a state is, without what is known of its snapshots. */
function seen(unit: UnitOfWork): object {
  const { state, version, tenantId } = unit.stateOf(counter, stream);
  return { state, version, tenantId };
}

describe('a unit of work', () => {
  it('appends behind the version it read, however many commands it decided', async () => {
    const unit = await openUnit([recorded(1)]);
    unit.decide(counter, stream, command('tenant-a'));
    unit.decide(counter, stream, command('tenant-a'));
    const [append] = unit.request('c').streams;
    expect(append).toMatchObject({ expectedVersion: 1, events: [{ type: 'Counted' }, { type: 'Counted' }] });
    expect(seen(unit)).toEqual({ state: 3, version: 3, tenantId: 'tenant-a' });
  });

  it('reads on from what the cache knows', async () => {
    const cache = new StateCache();
    cache.set(stream, { state: 1, version: 1, tenantId: 'tenant-a', eventId: 'm1', snapshotVersion: 0 });
    const unit = await openUnit([recorded(1), recorded(2)], cache);
    expect(seen(unit)).toEqual({ state: 2, version: 2, tenantId: 'tenant-a' });
  });

  it('does not know a stream of another tenant', async () => {
    const unit = await openUnit([recorded(1)]);
    expect(() => unit.decide(counter, stream, command('tenant-b'))).toThrow(NotFound);
  });

  it('requires a version, and shows none to another tenant', async () => {
    const unit = await openUnit([recorded(1), recorded(2)]);
    expect(() => unit.requireVersion(stream, 2, 'tenant-a')).not.toThrow();
    expect(() => unit.requireVersion(stream, 1, 'tenant-a')).toThrow(VersionMismatch);
    expect(() => unit.requireVersion(stream, 1, 'tenant-b')).toThrow(NotFound);
  });

  it('finds nothing where a version of a missing stream is required', async () => {
    const unit = await openUnit([]);
    expect(() => unit.requireVersion(stream, 1, 'tenant-a')).toThrow(NotFound);
  });
});

describe('snapshots', () => {
  const place = {
    stream,
    tenantId: 'tenant-a',
    version: 5,
    eventId: 'm5',
    fingerprint: fingerprintOf(counter)!,
  };

  /** Counts what is read, and gives this snapshot whenever one is asked for. */
  function surroundings(snapshot: Snapshot | null, upTo: number) {
    const asked: FoldRange[] = [];
    const kept = { offer: jest.fn(), refuse: jest.fn() } satisfies Snapshots;
    const load = async (ranges: readonly FoldRange[]) => {
      asked.push(...ranges);
      const [{ afterVersion, fingerprint }] = ranges as [FoldRange];
      const taken = fingerprint === null ? null : snapshot;
      const from = taken?.version ?? afterVersion;
      const events = Array.from({ length: upTo - from }, (_, index) => recorded(from + index + 1));
      return new Map([[stream, partOf(events, { snapshot: taken })]]);
    };
    const cache = new StateCache(10, kept);
    return { asked, kept, cache, unit: new UnitOfWork({ store: { load }, cache, newId: () => 'new' }) };
  }

  it('are folded on from', async () => {
    const { unit } = surroundings(sealSnapshot(place, 5), 7);
    await unit.load(counter, [stream]);
    expect(unit.stateOf(counter, stream)).toEqual({
      state: 7,
      version: 7,
      tenantId: 'tenant-a',
      eventId: 'm7',
      snapshotVersion: 5,
    });
  });

  it.each([
    ['whose state was changed', { state: '50' }],
    ['of another stream', { stream: 'Counter-2' }],
    ['of another tenant', { tenantId: 'tenant-b' }],
    ['of another version', { version: 4 }],
    ['of another history', { eventId: 'other' }],
    ['of another fold', { fingerprint: 'Counter@0' }],
  ])('%s are refused, and all events are read', async (_, change) => {
    const { unit, kept, asked } = surroundings({ ...sealSnapshot(place, 5), ...change }, 7);
    await unit.load(counter, [stream]);
    expect(seen(unit)).toEqual({ state: 7, version: 7, tenantId: 'tenant-a' });
    expect(asked.at(-1)).toEqual({ stream, afterVersion: 0, fingerprint: null });
    expect(kept.refuse).toHaveBeenCalledWith(expect.objectContaining({ stream, fault: 'damaged' }));
  });

  it('that do not decode are refused', async () => {
    const { unit, kept } = surroundings(sealSnapshot(place, 5), 7);
    jest.spyOn(JSON, 'parse').mockImplementationOnce(() => {
      throw new SyntaxError('no JSON');
    });
    await unit.load(counter, [stream]);
    expect(seen(unit)).toEqual({ state: 7, version: 7, tenantId: 'tenant-a' });
    expect(kept.refuse).toHaveBeenCalledTimes(1);
  });

  it('are offered after the commit, when the stream has grown enough, and not again at once', async () => {
    const { unit, kept, cache } = surroundings(null, SNAPSHOT_EVERY - 1);
    await unit.load(counter, [stream]);
    unit.decide(counter, stream, command('tenant-a'));
    expect(kept.offer).not.toHaveBeenCalled();
    unit.committed();
    const at = { stream, tenantId: 'tenant-a', version: SNAPSHOT_EVERY, eventId: 'new', fingerprint: 'Counter@1' };
    expect(kept.offer.mock.calls).toEqual([[at, SNAPSHOT_EVERY]]);
    expect(cache.get(stream)?.snapshotVersion).toBe(SNAPSHOT_EVERY);
    unit.committed();
    expect(cache.get(stream)?.version).toBe(SNAPSHOT_EVERY);
  });

  it('are not offered of short streams, or by a decider without a version of its state', async () => {
    const { unit, kept } = surroundings(null, SNAPSHOT_EVERY - 2);
    await unit.load(counter, [stream]);
    unit.decide(counter, stream, command('tenant-a'));
    unit.committed();
    const other = surroundings(null, 3 * SNAPSHOT_EVERY);
    const unversioned = { ...counter, stateVersion: undefined };
    await other.unit.load(unversioned, [stream]);
    other.unit.committed();
    expect([kept.offer.mock.calls, other.kept.offer.mock.calls]).toEqual([[], []]);
    expect(other.asked[0]!.fingerprint).toBeNull();
  });
});
