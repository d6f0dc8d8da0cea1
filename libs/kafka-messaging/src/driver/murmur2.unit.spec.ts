import fc from 'fast-check';

import { murmur2, partitionOf } from './murmur2';

// kafkajs's own, an independent port of the Java code.
const reference = require('kafkajs/src/producer/partitioners/default/murmur2') as (key: Buffer) => number;

describe('murmur2', () => {
  // From org.apache.kafka.common.utils.UtilsTest.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('of %s is what Java says', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
  });

  it('agrees with the reference on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(murmur2(bytes)).toBe(reference(Buffer.from(bytes)));
      }),
    );
  });

  it('puts every key on a partition, negative hashes too', () => {
    expect(partitionOf('21', 12)).toBe((-973932308 & 0x7fffffff) % 12);
    expect(partitionOf('Käse-☃', 12)).toBe((reference(Buffer.from('Käse-☃')) & 0x7fffffff) % 12);
  });
});
