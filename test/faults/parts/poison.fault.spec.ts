import { randomUUID } from 'node:crypto';
import { codec } from '@codex/contracts';
import { Poison, type MessageCodec } from '@codex/event-sourcing';
import { Header, type BatchConsumer, type ConsumedMessage, type DeadLetter } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { eventually } from '@codex/testing';
import { isLong, seededRandom } from '../seed';
import { effectsMember, EffectsWorld, StreamSource, writeEffects, type EffectsPlace } from './effects-world';
import { missing, outOfOrder, repeated, type Sighting } from './histories';

const HEALTHY = 25;
const VERSIONS = isLong ? 400 : 40;
const TIMEOUT_MS = isLong ? 600_000 : 120_000;
const NEW_SCHEMA = 1_000_000;

/** What is wrong with one message of a stream, and the code its dead letter has. */
const POISONS = {
  undecodable: 'UNDECODABLE',
  'unknown-schema': 'UNKNOWN_SCHEMA',
  'unknown-type': 'MESSAGE_BODY_INVALID',
  failing: 'UNEXPECTED_ERROR',
} as const;
type PoisonKind = keyof typeof POISONS;

/** The schema of a release to come: unknown until its codec is deployed. */
const newCodec: MessageCodec = {
  encode: (type, data) => codec.encode(type, data),
  decode: (schemaId, data) =>
    codec.decode(schemaId === NEW_SCHEMA ? codec.encode(TYPE, EMPTY).schemaId : schemaId, data),
};
const TYPE = 'ServiceHealthChanged';
const EMPTY = { service: 'sample', status: 'up', details: {} };

describe('R6: poison', () => {
  const random = seededRandom('poison');
  const source = new StreamSource(Array.from({ length: HEALTHY }, () => `Service-${randomUUID()}`));
  const poisoned = new Map<PoisonKind, Sighting>();
  let world: EffectsWorld;
  let place: EffectsPlace;
  let members: { readonly consumer: BatchConsumer; readonly stop: () => Promise<void> }[];
  let isMended = false;

  beforeAll(async () => {
    world = await EffectsWorld.start();
    place = world.place('poison');
    members = [member(codec), member(codec)];
    await publishWithPoison();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(members.map(({ stop }) => stop()));
    await world[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  it(
    'parks the entity of each poisoned message with its reason, and nobody else',
    async () => {
      await eventually(async () => expect(missing(healthy(world.published), await effects())).toEqual([]));
      await eventually(async () => (await parked()).length >= poisoned.size);
      const letters = Object.fromEntries((await parked()).map(({ stream, code }) => [stream, code]));
      expect(letters).toEqual(Object.fromEntries([...poisoned].map(([kind, { stream }]) => [stream, POISONS[kind]])));
      for (const { stream, version } of poisoned.values()) {
        expect(await versionsOf(stream)).toEqual(upTo(version - 1));
      }
      await expectOrder();
    },
    TIMEOUT_MS,
  );

  it(
    'a redrive without a cure parks again; others are never held up',
    async () => {
      const letter = await letterOf('failing');
      expect(await desk().redrive(letter.id)).toMatchObject({ status: 'parked' });
      expect(await letterOf('failing')).toMatchObject({ status: 'parked', count: 2 });
      const more = source.streams.filter((stream) => !isPoisoned(stream)).map((stream) => source.nextOf(stream));
      await world.publish(more);
      await eventually(async () => expect(missing(more, await effects())).toEqual([]));
    },
    TIMEOUT_MS,
  );

  it(
    'a redrive after the cure restores the entity in order, while events go on arriving',
    async () => {
      isMended = true;
      await Promise.all(members.splice(0).map(({ stop }) => stop()));
      members.push(member(newCodec), member(newCodec));
      for (const kind of ['failing', 'unknown-schema'] as const) {
        const { stream } = poisoned.get(kind)!;
        const arriving = world.publish(Array.from({ length: 30 }, () => source.nextOf(stream)));
        const letter = await letterOf(kind);
        await desk().redrive(letter.id);
        await arriving;
        const all = world.published.filter((each) => each.stream === stream).map(({ version }) => version);
        await eventually(async () => expect(await versionsOf(stream)).toEqual(all));
      }
      await expectOrder();
    },
    TIMEOUT_MS,
  );

  it(
    'a discard with a reason goes on behind the message',
    async () => {
      for (const kind of ['undecodable', 'unknown-type'] as const) {
        const { stream, version } = poisoned.get(kind)!;
        const { id } = await letterOf(kind);
        await desk().discard(id, 'not to be mended');
        const all = world.published.filter((each) => each.stream === stream).map((each) => each.version);
        await eventually(async () => expect(await versionsOf(stream)).toEqual(all.filter((each) => each !== version)));
        const letter = (await world.deadLetters(place.group)).find((each) => each.id === id);
        expect(letter).toMatchObject({ status: 'discarded', resolution: 'not to be mended', queued: 0 });
      }
      expect(await parked()).toEqual([]);
      expect(repeated(await effects())).toEqual([]);
    },
    TIMEOUT_MS,
  );

  function member(with_: MessageCodec) {
    return effectsMember(place, { handle, maxMessages: 20 }, { codec: with_ });
  }

  async function handle(messages: readonly ConsumedMessage[], tx: Sql): Promise<void> {
    await writeEffects(place.group, messages, tx);
    const { stream, version } = poisoned.get('failing')!;
    const isHere = messages.some((each) => each.stream === stream && each.version === version);
    if (isHere && !isMended) throw new Error('this handler has a bug');
  }

  /** One stream for each poison, poisoned at a version that the seed decides, among all others. */
  async function publishWithPoison(): Promise<void> {
    const victims = random.shuffled(source.streams);
    for (const kind of Object.keys(POISONS) as PoisonKind[]) {
      poisoned.set(kind, { stream: victims.pop()!, version: random.integer(2, VERSIONS - 5) });
    }
    const events = source.next(VERSIONS);
    await world.publishRecords(events.map((event) => recordOf(event)));
    world.published.push(...events);
  }

  function recordOf(event: Sighting) {
    const record = world.record(event);
    const kind = [...poisoned].find(([, each]) => each.stream === event.stream && each.version === event.version)?.[0];
    if (kind === 'undecodable') return { ...record, value: Buffer.from([...record.value!.subarray(0, 5), 0xff, 0xff]) };
    if (kind === 'unknown-type') return withHeaders(record, { [Header.type]: 'NeverHeardOf' });
    if (kind !== 'unknown-schema') return record;
    return withHeaders(record, { [Header.dataSchema]: `urn:codex:schema:${NEW_SCHEMA}:codex.system.v9.${TYPE}` });
  }

  function withHeaders(record: ReturnType<EffectsWorld['record']>, headers: Readonly<Record<string, string>>) {
    return { ...record, headers: { ...record.headers, ...headers } };
  }

  const desk = () => members[0]!.consumer.deadLetters;
  const effects = () => world.effects(place.group);
  const isPoisoned = (stream: string) => [...poisoned.values()].some((each) => each.stream === stream);
  const healthy = (events: readonly Sighting[]) => events.filter(({ stream }) => !isPoisoned(stream));
  const parked = async () => (await world.deadLetters(place.group)).filter(({ status }) => status === 'parked');
  const versionsOf = async (stream: string) =>
    (await effects()).filter((each) => each.stream === stream).map(({ version }) => version);

  async function letterOf(kind: PoisonKind): Promise<DeadLetter> {
    const { stream } = poisoned.get(kind)!;
    const letter = (await parked()).find((each) => each.stream === stream);
    if (letter === undefined) throw new Poison('NO_LETTER', `nothing of ${stream} is parked`);
    return letter;
  }

  async function expectOrder(): Promise<void> {
    expect(outOfOrder(await effects())).toEqual([]);
    expect(repeated(await effects())).toEqual([]);
  }
});

function upTo(version: number): readonly number[] {
  return Array.from({ length: version }, (_, index) => index + 1);
}
