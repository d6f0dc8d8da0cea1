import { Producer, type BaseOptions } from '@platformatic/kafka';

import type { KafkaProducer, OutgoingRecord } from '../driver/kafka-driver';
import { murmur2 } from '../driver/murmur2';
import { classifyPlatformaticError } from './platformatic-errors';

type TextProducer = Producer<string, Buffer | null, string, string>;

/**
 * One outstanding batch. The client repeats a failed request a few times under the same sequence numbers, so a lost
 * answer makes no duplicate; once it gives up it forgets its identity, and the next send begins with a new one.
 */
export class PlatformaticProducer implements KafkaProducer {
  private producer: TextProducer | null = null;
  private tail: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: BaseOptions) {}

  send(records: readonly OutgoingRecord[]): Promise<void> {
    const turn = this.tail.then(() => this.sendInTurn(records));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.tail;
    const producer = this.producer;
    this.producer = null;
    await producer?.close(true).catch(() => undefined);
  }

  private async sendInTurn(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return;
    if (this.closed) throw new Error('the producer is closed');
    this.producer ??= new Producer({
      ...this.options,
      idempotent: true,
      partitioner: javaCompatiblePartitioner,
      serializers: { key: bytes, value: asItIs, headerKey: nameBytes, headerValue: bytes },
    });
    try {
      await this.producer.send({ messages: records as OutgoingRecord[] });
    } catch (error) {
      throw classifyPlatformaticError(error);
    }
  }
}

/** The client takes the rest of the division by the count of partitions. */
const javaCompatiblePartitioner = (_message: unknown, key: Buffer | undefined): number => murmur2(key!) & 0x7fffffff;

const bytes = (text?: string): Buffer | undefined => (text === undefined ? undefined : Buffer.from(text));

const LARGEST_NAME_CACHE = 256;
const names = new Map<string, Buffer>();

// The same few names go with every record.
function nameBytes(name?: string): Buffer | undefined {
  const known = names.get(name ?? '');
  if (known !== undefined || name === undefined) return known;
  const made = Buffer.from(name);
  if (names.size < LARGEST_NAME_CACHE) names.set(name, made);
  return made;
}

// The client writes null as no value at all; its types know only undefined.
const asItIs = (value?: Buffer | null): Buffer | undefined => value as Buffer | undefined;
