import { partitionOf } from '../driver/murmur2';
import { aRecord, ContractWorld, numbered, PARTITIONS, received, until } from './contract-world';
import { deleteRecordsBelow } from './group-tools';

export function consumingContract(world: () => ContractWorld): void {
  describe('consuming', () => {
    let kafka: ContractWorld;
    beforeEach(() => {
      kafka = world();
    });

    it('starts at the beginning and hands over batches with their positions', async () => {
      await kafka.producer.send(numbered(kafka.topic, 300));
      const consumer = kafka.consume();
      await received(consumer, 300);
      for (const batch of consumer.batches) {
        expect(batch.records[0]!.offset).toBeGreaterThanOrEqual(batch.position);
        expect(batch.nextPosition).toBe(batch.records.at(-1)!.offset + 1);
        expect(batch.highWatermark).toBeGreaterThanOrEqual(batch.nextPosition);
      }
      for (let partition = 0; partition < PARTITIONS; partition++) {
        expect(consumer.offsetsOf(partition)).toEqual([...consumer.offsetsOf(partition).keys()]);
      }
    });

    it('hands over what was produced while it was waiting', async () => {
      const consumer = kafka.consume();
      await until(() => consumer.fetches > 2, 'an idle consumer fetches');
      await kafka.producer.send([aRecord(kafka.topic, 'a', 'late')]);
      await received(consumer, 1);
    });

    it('hands a batch that was not taken over again', async () => {
      await kafka.producer.send([aRecord(kafka.topic, 'a', '1')]);
      let refused = 0;
      const consumer = kafka.consume({ onBatch: () => ++refused > 2 });
      await received(consumer, 1);
      expect(consumer.batches.map(({ position }) => position)).toEqual([0, 0, 0]);
    });

    it('goes to where it is told to seek', async () => {
      await kafka.producer.send(Array.from({ length: 10 }, (_, i) => aRecord(kafka.topic, 'a', String(i))));
      const partition = partitionOf('a', PARTITIONS);
      const consumer = kafka.consume({
        onAssigned: (partitions, member) =>
          partitions.forEach((each) => member.seek(each, each.partition === partition ? 6 : 0)),
      });
      await received(consumer, 4);
      expect(consumer.offsetsOf(partition)).toEqual([6, 7, 8, 9]);
      consumer.consumer.seek({ topic: kafka.topic, partition }, 8);
      await received(consumer, 6);
      expect(consumer.offsetsOf(partition).slice(4)).toEqual([8, 9]);
    });

    it.each([
      ['below', 1],
      ['above', 50],
    ])('goes to where the log begins when it is told to seek %s it', async (_where, offset) => {
      const partition = partitionOf('a', PARTITIONS);
      await kafka.producer.send(Array.from({ length: 10 }, (_, i) => aRecord(kafka.topic, 'a', String(i))));
      await deleteRecordsBelow(kafka.topic, partition, 4);
      const consumer = kafka.consume({
        onAssigned: (partitions, member) =>
          partitions.forEach((each) => member.seek(each, each.partition === partition ? offset : 0)),
      });
      await received(consumer, 6);
      expect(consumer.offsetsOf(partition)).toEqual([4, 5, 6, 7, 8, 9]);
      const [first] = consumer.batches.filter((batch) => batch.partition === partition);
      expect([first!.position, first!.highWatermark]).toEqual([4, 10]);
    });

    it('pauses and resumes single partitions without losing their place', async () => {
      const keys = keysOfDifferentPartitions();
      await kafka.producer.send(keys.map((key) => aRecord(kafka.topic, key, 'before')));
      const consumer = kafka.consume();
      await received(consumer, PARTITIONS);
      const paused = { topic: kafka.topic, partition: partitionOf(keys[0]!, PARTITIONS) };
      consumer.consumer.pause([paused]);
      await kafka.producer.send(keys.map((key) => aRecord(kafka.topic, key, 'during')));
      await received(consumer, 2 * PARTITIONS - 1);
      const fetches = consumer.fetches;
      await until(() => consumer.fetches > fetches + 2, 'the others go on');
      expect(consumer.offsetsOf(paused.partition)).toEqual([0]);
      consumer.consumer.resume([paused]);
      await received(consumer, 2 * PARTITIONS);
      expect(consumer.offsetsOf(paused.partition)).toEqual([0, 1]);
    });
  });
}

function keysOfDifferentPartitions(): string[] {
  const keys = new Map<number, string>();
  for (let i = 0; keys.size < PARTITIONS; i++) keys.set(partitionOf(`k${i}`, PARTITIONS), `k${i}`);
  return [...keys.values()];
}
