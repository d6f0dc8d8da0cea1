import { z } from 'zod';
import { cursorCodec, listQuery, pageOf, strictQuery, uuid } from './lists';

const codec = cursorCodec(z.tuple([z.iso.datetime(), uuid]));
const key: [string, string] = ['2026-11-21T01:02:03.004Z', '0193b0a0-0000-7000-8000-000000000001'];

describe('cursors', () => {
  it('come back as they were given out, and say nothing to the eye', () => {
    const cursor = codec.encode(key);
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(codec.decode(cursor)).toEqual(key);
  });

  it('are optional', () => {
    expect(codec.decode(undefined)).toBeUndefined();
  });

  it.each([
    ['garbage', 'garbage!'],
    ['of another list', cursorCodec(z.number()).encode(3)],
    ['with a value too many', Buffer.from(JSON.stringify([...key, 1])).toString('base64url')],
    ['that smuggles', Buffer.from(`["x' or 1=1","y"]`).toString('base64url')],
  ])('refuse one %s', (_, cursor) => {
    expect(() => codec.decode(cursor)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }));
  });
});

describe('pages', () => {
  const map = { item: (row: number) => row * 10, cursor: (row: number) => `c${row}` };

  it('are cut from one row more than asked for', () => {
    expect(pageOf([1, 2, 3], 2, map)).toEqual({ items: [10, 20], pageInfo: { endCursor: 'c2', hasNextPage: true } });
  });

  it('end when there is no row more', () => {
    expect(pageOf([1, 2], 2, map).pageInfo).toEqual({ endCursor: 'c2', hasNextPage: false });
    expect(pageOf([], 2, map)).toEqual({ items: [], pageInfo: { endCursor: null, hasNextPage: false } });
  });
});

describe('queries', () => {
  const query = listQuery({ state: z.enum(['on', 'off']).optional() });

  it('default to 50 and read numbers from text', () => {
    expect(query.parse({})).toEqual({ first: 50 });
    expect(query.parse({ first: '200', after: 'c', state: 'on' })).toEqual({ first: 200, after: 'c', state: 'on' });
  });

  it.each([{ first: '0' }, { first: '201' }, { first: 'x' }, { first: '1.5' }, { unknown: '1' }, { after: '' }])(
    'refuse %j',
    (input) => {
      expect(query.safeParse(input).success).toBe(false);
    },
  );

  it('refuse what they do not know', () => {
    expect(strictQuery({ a: z.string() }).safeParse({ a: '1', b: '2' }).success).toBe(false);
  });

  it('take any UUID, in any case', () => {
    expect(uuid.parse('AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE')).toBe('aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee');
    expect(uuid.safeParse('no').success).toBe(false);
  });
});
