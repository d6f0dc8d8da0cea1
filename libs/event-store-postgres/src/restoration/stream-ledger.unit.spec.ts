import { StreamLedger } from './stream-ledger';

describe('the ledger of a log', () => {
  it('takes versions from 1 without a gap, stream by stream, and tells repeats', () => {
    const ledger = new StreamLedger();
    const seen = [ledger.isNext('A', 1, 'a1'), ledger.isNext('B', 1, 'b1'), ledger.isNext('A', 2, 'a2')];
    expect([...seen, ledger.isNext('A', 1, 'a1'), ledger.isNext('A', 3, 'a3')]).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(ledger.streamCount).toBe(2);
  });

  it('refuses a gap, and another event under a version however long ago', () => {
    const ledger = new StreamLedger();
    expect(() => ledger.isNext('A', 2, 'a2')).toThrow(expect.objectContaining({ code: 'STREAM_GAP' }));
    ledger.isNext('A', 1, 'a1');
    ledger.isNext('A', 2, 'a2');
    expect(() => ledger.isNext('A', 1, 'other')).toThrow(expect.objectContaining({ code: 'STREAM_FORKED' }));
  });
});
