import { validate, version } from 'uuid';

import { newId } from './new-id';

describe('a new id', () => {
  it('is a UUIDv7 of this time', () => {
    const before = Date.now();
    const id = newId();
    expect([validate(id), version(id)]).toEqual([true, 7]);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
  });

  it('is above all earlier ones, however many come in a millisecond', () => {
    const ids = Array.from({ length: 50_000 }, newId);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every(validate)).toBe(true);
  });

  it('does not go back when the clock does', () => {
    const id = newId();
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 60_000);
    expect(newId() > id).toBe(true);
    jest.restoreAllMocks();
  });
});
