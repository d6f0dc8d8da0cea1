import { partitionOf } from '../driver/murmur2';
import { aRecord, ContractWorld, numbered, PARTITIONS, received } from './contract-world';
import type { RecordingConsumer } from './recording-consumer';

export function producingContract(world: () => ContractWorld): void {
  describe('producing', () => {
    let kafka: ContractWorld;
    beforeEach(() => {
      kafka = world();
    });

    it('puts keys where Java puts them and keeps the order of each key', async () => {
      const records = numbered(kafka.topic, 900);
      await kafka.producer.send(records.slice(0, 300));
      await Promise.all([kafka.producer.send(records.slice(300, 600)), kafka.producer.send(records.slice(600))]);
      const consumer = kafka.consume();
      await received(consumer, 900);
      for (const record of consumer.records) {
        expect(record.partition).toBe(partitionOf(record.key!, PARTITIONS));
      }
      expect(numbersByKey(consumer)).toEqual(numbersByKeyOf(records));
    });

    it('sends one batch to several topics', async () => {
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1'), aRecord(kafka.other, 'a', '2')]);
      const consumer = kafka.consume({ topics: [kafka.topic, kafka.other] });
      await received(consumer, 2);
      expect(new Set(consumer.records.map((record) => record.topic))).toEqual(new Set([kafka.topic, kafka.other]));
    });

    it('carries headers, keys and values byte for byte, also no value at all', async () => {
      const headers = { ce_id: 'x', actor: 'Zoë ☃' };
      await kafka.producer.send([{ topic: kafka.topic, key: 'Item-☃', value: Buffer.from([0, 255, 1]), headers }]);
      await kafka.producer.send([{ topic: kafka.topic, key: 'Item-☃', value: null, headers: {} }]);
      const consumer = kafka.consume();
      await received(consumer, 2);
      const [first, second] = consumer.records;
      expect(first!.key!.toString()).toBe('Item-☃');
      expect([...first!.value!]).toEqual([0, 255, 1]);
      expect(Object.fromEntries(Object.entries(first!.headers).map(([k, v]) => [k, String(v)]))).toEqual(headers);
      expect(second!.value).toBeNull();
    });

    it('rejects as unavailable when the kafka.topic does not exist, and works on afterwards', async () => {
      const missing = [aRecord(`${kafka.topic}.missing`, 'a', '1')];
      await expect(kafka.producer.send(missing)).rejects.toMatchObject({ kind: 'transient' });
      await kafka.producer.send([aRecord(kafka.topic, 'a', '2')]);
      const consumer = kafka.consume();
      await received(consumer, 1);
      expect(consumer.records.map((record) => String(record.value))).toEqual(['2']);
    });
  });
}

function numbersByKeyOf(records: readonly { key: string | Buffer | null; value: Buffer | null }[]): object {
  const byKey: Record<string, string[]> = {};
  for (const { key, value } of records) (byKey[String(key)] ??= []).push(String(value));
  return byKey;
}

function numbersByKey(consumer: RecordingConsumer): object {
  return numbersByKeyOf(consumer.records);
}
