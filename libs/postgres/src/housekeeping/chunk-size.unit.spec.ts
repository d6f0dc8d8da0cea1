import fc from 'fast-check';
import { ChunkSize } from './chunk-size';

describe('the size of a chunk', () => {
  it('grows while chunks are quick, and shrinks at once when one was slow', () => {
    const size = new ChunkSize();
    const sizes = [5, 5, 5, 500].map((tookMs) => {
      size.learn(tookMs);
      return size.value;
    });
    expect(sizes).toEqual([300, 450, 675, 68]);
  });

  it('finds a size that takes about 50 ms, whatever a row costs', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 5, noNaN: true }), (rowMs) => {
        const size = new ChunkSize();
        for (let chunk = 0; chunk < 20; chunk++) size.learn(size.value * rowMs);
        expect(size.value).toBeGreaterThanOrEqual(10);
        expect(size.value).toBeLessThanOrEqual(5_000);
        expect(size.value * rowMs).toBeLessThanOrEqual(60);
      }),
    );
  });
});
