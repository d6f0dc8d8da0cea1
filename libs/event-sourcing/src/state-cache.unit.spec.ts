import { StateCache } from './state-cache';

const entry = (version: number) => ({ state: {}, version, tenantId: 't', eventId: 'e', snapshotVersion: 0 });

describe('the state cache', () => {
  it('keeps what was used last, within a tenth of its capacity', () => {
    const cache = new StateCache(100);
    for (let index = 0; index < 100; index++) cache.set(`S-${index}`, entry(index));
    cache.get('S-0');
    for (let index = 100; index < 111; index++) cache.set(`S-${index}`, entry(index));
    const kept = Array.from({ length: 111 }, (_, index) => index).filter((index) => cache.get(`S-${index}`));
    expect(kept).toHaveLength(100);
    expect(kept).toContain(0);
    expect(kept).not.toContain(1);
    expect(kept).toContain(110);
  });

  it('keeps nothing when it is off, and forgets what it is told to', () => {
    const off = new StateCache(0);
    off.set('S-1', entry(1));
    expect(off.get('S-1')).toBeUndefined();
    const cache = new StateCache();
    cache.set('S-1', entry(1));
    cache.delete('S-1');
    expect(cache.get('S-1')).toBeUndefined();
  });
});
