import { PlatformaticRecord, type HeaderEntries } from './fetched-record';

const bytes = (text: string): Buffer => Buffer.from(text);
const headersOf = (entries: HeaderEntries): object =>
  new PlatformaticRecord({ offset: 1, timestamp: 2, key: null, value: null, headers: entries }).headers;

describe('the headers of a fetched record', () => {
  it('are those of the record, also when names look alike', () => {
    const entries: HeaderEntries = [
      [bytes('ce_type'), bytes('A')],
      [bytes('cx_tpye'), bytes('B')],
      [bytes('Zoë ☃'), bytes('☃')],
    ];
    const expected = { ce_type: bytes('A'), cx_tpye: bytes('B'), 'Zoë ☃': bytes('☃') };
    expect(headersOf(entries)).toEqual(expected);
    expect(headersOf(entries)).toEqual(expected);
  });

  it('are a list when a name repeats, and nothing for no value', () => {
    const entries: HeaderEntries = [
      [bytes('a'), bytes('1')],
      [bytes('a'), bytes('2')],
      [bytes('a'), bytes('3')],
      [bytes('b'), null],
    ];
    expect(headersOf(entries)).toEqual({ a: [bytes('1'), bytes('2'), bytes('3')], b: undefined });
  });

  it('may have any name', () => {
    const headers = headersOf([
      [bytes('__proto__'), bytes('x')],
      [bytes('constructor'), bytes('y')],
      [bytes(''), bytes('z')],
    ]);
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect(Object.entries(headers)).toEqual([
      ['__proto__', bytes('x')],
      ['constructor', bytes('y')],
      ['', bytes('z')],
    ]);
  });
});
