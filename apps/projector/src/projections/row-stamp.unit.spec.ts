import type { ProjectedEvent } from '@codex/projections';
import { shownTime } from './row-stamp';

describe('the time that rows show', () => {
  it.each([
    ['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00.123Z', '2026-01-31T12:00:00.123Z'],
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
    ['2026-01-31T12:00:00.999999+02:00', '2026-01-31T10:00:00.999Z'],
  ])('of %s is %s', (recordedAt, shown) => {
    expect(shownTime({ recordedAt } as ProjectedEvent)).toBe(shown);
  });
});
