import fc from 'fast-check';

import { ByteWriter } from './byte-writer';
import { applyFastEncoding } from './kafkajs-encoding';
import { asTopicList, decodeMetadata, encodeMetadata, METADATA_VERSION } from './metadata-encoding';

interface Asked {
  readonly request: { readonly apiVersion: number };
}
interface MetadataRequests {
  readonly Metadata: {
    protocol(choice: { version: number }): (args: { topics: readonly string[] }) => Asked;
  };
}

const TOPIC_ID = '0190b6f0-0000-7000-8000-00000000000a';

describe('the newer metadata request', () => {
  it('asks for topics by name, and for all of them when none is named', () => {
    const name = Buffer.from('a.events');
    expect(encodeMetadata({ topics: ['a.events'], allowAutoTopicCreation: false })).toEqual(
      Buffer.concat([Buffer.from([0, 2]), Buffer.alloc(16), Buffer.from([9]), name, Buffer.from([0, 0, 0, 0, 0])]),
    );
    expect(encodeMetadata({ topics: [] })).toEqual(Buffer.from([0, 0, 1, 0, 0, 0]));
  });

  it('gives every partition the id of its topic', () => {
    expect(decodeMetadata(response())).toEqual({
      throttleTime: 0,
      clientSideThrottleTime: 7,
      brokers: [{ nodeId: 1, host: 'here', port: 9092, rack: null }],
      clusterId: 'cluster',
      controllerId: 1,
      topicMetadata: [
        {
          ...{ topicErrorCode: 0, topic: 'a.events', isInternal: false },
          partitionMetadata: [
            {
              ...{ partitionErrorCode: 0, partitionId: 0, leader: 1, topicId: TOPIC_ID },
              ...{ replicas: [1, 2], isr: [1], offlineReplicas: [] },
            },
          ],
        },
      ],
    });
  });

  it('lists topics whoever leads them, and none that is being deleted', () => {
    const decoded = decodeMetadata(response());
    const [ours] = decoded.topicMetadata;
    const leaderless = { ...ours!, topic: 'leaderless', topicErrorCode: 5 };
    const electing = { ...ours!, topic: 'electing' };
    const partitionMetadata = [{ ...ours!.partitionMetadata[0]!, partitionErrorCode: 5 }];
    const deleted = { ...ours!, topic: 'deleted', topicErrorCode: 3 };
    const topicMetadata = [leaderless, { ...electing, partitionMetadata }, deleted, ours!];
    const listed = asTopicList({ ...decoded, topicMetadata });
    expect(listed).toEqual({ ...decoded, topicMetadata: [{ ...leaderless, topicErrorCode: 0 }, electing, ours] });
  });

  it('is not made of a part, and damaged bytes are refused as such at the worst', () => {
    const whole = response();
    for (let end = 0; end < whole.length; end++) {
      expect(failureOf(whole.subarray(0, end))).toBe('RangeError');
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(whole);
        damaged[at] = byte;
        expect([undefined, 'RangeError']).toContain(failureOf(damaged));
      }),
    );
  });

  it('is only asked of brokers that speak it', () => {
    applyFastEncoding();
    const { requests } = require('kafkajs/src/protocol/requests') as { readonly requests: MetadataRequests };
    const versionFor = (version: number): number =>
      requests.Metadata.protocol({ version })({ topics: [] }).request.apiVersion;
    expect([5, 6, 9, METADATA_VERSION].map(versionFor)).toEqual([5, 6, 6, METADATA_VERSION]);
  });
});

// By name: Node's own errors are of another realm than the test's.
function failureOf(raw: Buffer): string | undefined {
  try {
    decodeMetadata(raw);
    return undefined;
  } catch (error) {
    return (error as Error).name;
  }
}

function response(): Buffer {
  const writer = new ByteWriter(64);
  const text = (value: string): void => {
    writer.unsignedVarint(value.length + 1);
    writer.raw(Buffer.from(value));
  };
  const nodes = (...ids: number[]): void => {
    writer.unsignedVarint(ids.length + 1);
    ids.forEach((id) => writer.int32(id));
  };
  const tags = (): void => {
    writer.unsignedVarint(1);
    writer.unsignedVarint(300);
    writer.unsignedVarint(2);
    writer.raw(Buffer.from([9, 9]));
  };
  tags();
  writer.int32(7);
  writer.unsignedVarint(2);
  writer.int32(1);
  text('here');
  writer.int32(9092);
  writer.unsignedVarint(0);
  tags();
  text('cluster');
  writer.int32(1);
  writer.unsignedVarint(2);
  writer.int16(0);
  text('a.events');
  writer.raw(Buffer.from(TOPIC_ID.replaceAll('-', ''), 'hex'));
  writer.int8(0);
  writer.unsignedVarint(2);
  writer.int16(0);
  writer.int32(0);
  writer.int32(1);
  writer.int32(4);
  nodes(1, 2);
  nodes(1);
  nodes();
  tags();
  writer.int32(0);
  tags();
  writer.int32(0);
  tags();
  return writer.written();
}
