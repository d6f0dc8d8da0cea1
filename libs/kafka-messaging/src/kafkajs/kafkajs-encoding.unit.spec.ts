import fc from 'fast-check';

import { crc32c } from './crc32c';
import { decodeFetch } from './fetch-decoding';
import { applyFastEncoding } from './kafkajs-encoding';
import { canEncode, encodeProduce, type ProduceArguments } from './produce-encoding';

type KafkajsRequest = (args: ProduceArguments) => { encode(): Promise<{ buffer: Buffer }> };
type KafkajsMessage = {
  offset: string;
  timestamp: string;
  key: Buffer;
  value: Buffer;
  headers: object;
  isControlRecord: boolean;
};
type KafkajsResponse = {
  decode(raw: Buffer): Promise<{ responses: { partitions: { messages: KafkajsMessage[] }[] }[] }>;
};
const kafkajsRequest = require('kafkajs/src/protocol/requests/produce/v7/request') as KafkajsRequest;
const kafkajsResponse = require('kafkajs/src/protocol/requests/fetch/v11/response') as KafkajsResponse;

const text = fc.oneof(fc.string({ maxLength: 90 }), fc.constantFrom('Zoë ☃', '😀', 'ß'.repeat(70)));
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const message = fc.record({
  key: fc.option(text),
  value: fc.option(bytes),
  headers: fc.dictionary(text, fc.oneof(text, bytes), { maxKeys: 6, noNullPrototype: true }),
});
// kafkajs takes a name that every object has by itself for a header it has read before.
const hasOwnNamesOnly = ({ headers }: { headers: object }): boolean =>
  Object.keys(headers).every((name) => !(name in Object.prototype));

const requestOf = (messages: typeof message) =>
  fc.record({
    acks: fc.constant(-1),
    timeout: fc.nat(),
    compression: fc.constant(0),
    producerId: fc.bigInt({ min: -1n, max: 2n ** 62n }).map(String),
    producerEpoch: fc.nat(32_767),
    topicData: fc.array(
      fc.record({
        topic: text,
        partitions: fc.array(
          fc.record({
            partition: fc.nat(99),
            firstSequence: fc.nat(2 ** 31 - 1),
            messages: fc.array(messages, { minLength: 1, maxLength: 5 }),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 3 },
    ),
  });
const request = requestOf(message);
const requestKafkajsReads = requestOf(message.filter(hasOwnNamesOnly));

describe('our encoding of produce requests', () => {
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(1_800_000_000_123);
  });
  afterEach(() => jest.restoreAllMocks());

  it('is byte for byte that of kafkajs', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (args) => {
        const expected = (await kafkajsRequest(args).encode()).buffer;
        expect(encodeProduce(args).equals(expected)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('is so for values and headers that need more room than was guessed', async () => {
    const headers = { long: 'x'.repeat(20_000), wide: 'é'.repeat(9_000) };
    const messages = [{ key: 'k', value: Buffer.alloc(200_000, 7), headers }];
    const topicData = [{ topic: 't', partitions: [{ partition: 0, firstSequence: 0, messages }] }];
    const args = { acks: -1, timeout: 1, producerId: '1', topicData };
    expect(encodeProduce(args).equals((await kafkajsRequest(args).encode()).buffer)).toBe(true);
  });

  it('leaves alone what it does not know', () => {
    const of = (overrides: object, one: object): ProduceArguments => ({
      acks: -1,
      timeout: 1,
      ...overrides,
      topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: null, ...one }] }] }],
    });
    expect(canEncode(of({}, {}))).toBe(true);
    expect(canEncode(of({ compression: 1 }, {}))).toBe(false);
    expect(canEncode(of({ transactionalId: 'x' }, {}))).toBe(false);
    expect(canEncode(of({}, { timestamp: '1' }))).toBe(false);
    expect(canEncode(of({}, { headers: { a: ['1', '2'] } }))).toBe(false);
  });

  it('is what kafkajs sends, however often it is applied', async () => {
    applyFastEncoding();
    applyFastEncoding();
    const { requests } = require('kafkajs/src/protocol/requests') as {
      requests: {
        Produce: {
          protocol(choice: { version: number }): (args: unknown) => { request: { encode(): Promise<{ buf: Buffer }> } };
        };
      };
    };
    const [args] = fc.sample(request, 1);
    const { request: applied } = requests.Produce.protocol({ version: 7 })(args);
    expect((await applied.encode()).buf.equals(encodeProduce(args!))).toBe(true);
  });
});

describe('our decoding of fetch responses', () => {
  it('reads what kafkajs reads', async () => {
    await fc.assert(
      fc.asyncProperty(requestKafkajsReads, async (args) => {
        const raw = fetchResponse(args);
        const expected = (await kafkajsResponse.decode(raw)).responses;
        const actual = decodeFetch(raw)!.responses;
        expect(comparable(actual)).toEqual(comparable(expected));
      }),
      { numRuns: 60 },
    );
  });

  it('takes no header for that of another record, however alike they are', () => {
    const value = fc.oneof(fc.constantFrom('aa', 'ab', 'a', ''), fc.constant(Buffer.from('a\u00fc')));
    const headers = fc.uniqueArray(fc.tuple(fc.constantFrom('n', 'name', 'nAme', 'kind', 'kine'), value), {
      selector: ([name]) => name,
    });
    const property = fc.property(fc.array(headers, { minLength: 2, maxLength: 6 }), (each) => {
      const messages = each.map((entries) => ({ key: 'k', value: null, headers: Object.fromEntries(entries) }));
      const set = recordSet({ partition: 0, firstSequence: 0, messages });
      const records = decodeFetch(response([{ partition: 0, set }]))!.responses[0]!.partitions[0]!.messages;
      expect(records.map((record) => Object.entries(record.headers))).toEqual(each);
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('drops a batch that the broker cut off, and keeps the ones before it', () => {
    const [partition] = fc
      .sample(request, { numRuns: 50, seed: 3 })
      .flatMap((each) => each.topicData.flatMap((t) => t.partitions));
    const set = recordSet(partition!);
    const raw = response([{ partition: 0, set: Buffer.concat([set, set.subarray(0, set.length - 1)]) }]);
    expect(decodeFetch(raw)!.responses[0]!.partitions[0]!.messages).toHaveLength(partition!.messages.length);
  });

  it('leaves compressed batches and old formats to kafkajs', () => {
    const [partition] = fc
      .sample(request, { numRuns: 50, seed: 3 })
      .flatMap((each) => each.topicData.flatMap((t) => t.partitions));
    const compressed = Buffer.from(recordSet(partition!));
    compressed.writeInt16BE(2, 21);
    expect(decodeFetch(response([{ partition: 0, set: compressed }]))).toBeNull();
    const old = Buffer.from(recordSet(partition!));
    old.writeInt8(1, 16);
    expect(decodeFetch(response([{ partition: 0, set: old }]))).toBeNull();
  });

  it('keeps header bytes that are not ASCII, and names that objects have by themselves', () => {
    const headers = Object.fromEntries([
      ['plain', 'abc'],
      ['binary', Buffer.from([0xc3, 0x28, 0xff])],
      ['constructor', 'x'],
      ['__proto__', 'y'],
    ]);
    const set = recordSet({ partition: 0, firstSequence: 0, messages: [{ key: 'k', value: null, headers }] });
    const [record] = decodeFetch(response([{ partition: 0, set }]))!.responses[0]!.partitions[0]!.messages;
    expect(Object.entries(record!.headers)).toEqual(Object.entries(headers));
  });
});

describe('headers that can not be read', () => {
  it('are no headers, and the records around them are kept', () => {
    const messages = ['a', 'b', 'c'].map((key) => ({ key, value: null, headers: { name: 'value' } }));
    const set = Buffer.from(recordSet({ partition: 0, firstSequence: 0, messages }));
    // The length of the second record's header value, one byte before the value itself.
    set[set.indexOf('value', set.indexOf('value') + 1) - 1] = 0x7e;
    const records = decodeFetch(response([{ partition: 0, set }]))!.responses[0]!.partitions[0]!.messages;
    expect(records.map(({ key, headers }) => [String(key), headers])).toEqual([
      ['a', { name: 'value' }],
      ['b', {}],
      ['c', { name: 'value' }],
    ]);
  });
});

describe('CRC-32C', () => {
  it.each([
    ['', 0],
    ['123456789', 0xe3069283],
    ['The quick brown fox jumps over the lazy dog', 0x22620404],
  ])('of %j', (input, checksum) => {
    const padded = Buffer.from(`..${input}...`);
    expect(crc32c(padded, 2, padded.length - 3)).toBe(checksum);
  });
});

type EncodedPartition = ProduceArguments['topicData'][number]['partitions'][number];

/** The record batch inside a produce request of one partition. */
function recordSet(partition: EncodedPartition): Buffer {
  const encoded = encodeProduce({ acks: -1, timeout: 0, topicData: [{ topic: '', partitions: [partition] }] });
  return encoded.subarray(2 + 2 + 4 + 4 + 2 + 4 + 4 + 4);
}

function fetchResponse({ topicData }: ProduceArguments): Buffer {
  return response(
    topicData
      .flatMap(({ partitions }) => partitions)
      .map((each) => ({ partition: each.partition, set: recordSet(each) })),
  );
}

function response(partitions: readonly { partition: number; set: Buffer }[]): Buffer {
  const parts = partitions.flatMap(({ partition, set }) => [
    int32(partition),
    int16(0),
    int64(5),
    int64(6),
    int64(7),
    int32(1),
    int64(8),
    int64(9),
    int32(-1),
    int32(set.length),
    set,
  ]);
  return Buffer.concat([
    int32(3),
    int16(0),
    int32(9),
    int32(1),
    int16(1),
    Buffer.from('t'),
    int32(partitions.length),
    ...parts,
  ]);
}

function comparable(responses: readonly { partitions: readonly { messages: readonly object[] }[] }[]): unknown {
  return responses.map(({ partitions, ...rest }) => ({
    ...rest,
    partitions: partitions.map(({ messages, ...partition }) => ({
      ...partition,
      messages: (messages as KafkajsMessage[]).map(({ offset, timestamp, key, value, headers, isControlRecord }) => ({
        offset,
        timestamp,
        key,
        value,
        isControlRecord,
        headers: Object.entries(headers).map(([name, each]) => [name, Buffer.from(each as Buffer).toString('hex')]),
      })),
    })),
  }));
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}
function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
function int64(value: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigInt64BE(BigInt(value));
  return buffer;
}
