import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { Admin, alterUserScramCredentialsV0, ScramMechanisms } from '@platformatic/kafka';
import {
  kafkajsDriver,
  platformaticDriver,
  type KafkaConnection,
  type KafkaDriver,
  type SaslCredentials,
} from '@codex/kafka-messaging';
import { RecordingConsumer } from '@codex/kafka-messaging/testing';
import { eventually } from '@codex/testing';
import { freePorts } from '../../infra/local/ports';
import { privateKafka, PrivatePlace, type PrivateKafka } from '../faults/parts/private-servers';

const TIMEOUT_MS = 120_000;
const USER = 'project';
const PASSWORD = 'open-sesame';
const TOPIC = 'sign-in';
const MODULES = 'org.apache.kafka.common.security';
const ITERATIONS = 4096;

describe('signing in to Kafka', () => {
  let place: PrivatePlace;
  let kafka: PrivateKafka;
  let port: number;

  beforeAll(async () => {
    place = new PrivatePlace();
    [port = 0] = await freePorts(1);
    kafka = await privateKafka(place, { listeners: [{ port, advertisedPort: port }], settings: signInSettings() });
    await createScramUsers(kafka.brokers);
    const admin = kafkajsDriver({ brokers: kafka.brokers, clientId: 'sign-in' }).admin();
    await admin.ensureTopics([{ name: TOPIC, partitions: 1 }]);
    await admin.close();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await kafka?.[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
  }, TIMEOUT_MS);

  const connection = (sasl: SaslCredentials): KafkaConnection => ({
    brokers: [`127.0.0.1:${port}`],
    clientId: 'sign-in',
    sasl,
  });
  const cases = (['plain', 'scram-sha-256', 'scram-sha-512'] as const).flatMap((mechanism) => [
    { mechanism, client: 'kafkajs', open: kafkajsDriver },
    { mechanism, client: '@platformatic/kafka', open: platformaticDriver },
  ]);

  it.each(cases)(
    'with $mechanism over $client, to produce, consume and administer',
    async ({ mechanism, open }) => {
      const driver = open(connection({ mechanism, username: USER, password: PASSWORD }));
      await roundTrip(driver, mechanism);
    },
    TIMEOUT_MS,
  );

  it.each(cases)(
    'with $mechanism over $client and a wrong password is refused, and the password is not told',
    async ({ mechanism, open }) => {
      const producer = open(connection({ mechanism, username: USER, password: 'wrong-sesame' })).producer();
      const record = { topic: TOPIC, key: 'k', value: null, headers: {} };
      const failure: unknown = await producer.send([record]).then(
        () => 'sent',
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ kind: 'transient' });
      expect(inspect(failure, { depth: 12, showHidden: true })).not.toContain('sesame');
      await producer.close();
    },
    TIMEOUT_MS,
  );
});

async function roundTrip(driver: KafkaDriver, group: string): Promise<void> {
  const consumer = new RecordingConsumer(driver, { group: `sign-in.${group}.${Math.random()}`, topics: [TOPIC] });
  const producer = driver.producer();
  const value = randomBytes(8);
  await producer.send([{ topic: TOPIC, key: 'k', value, headers: {} }]);
  await eventually(() => consumer.records.some((record) => record.value?.equals(value) ?? false), {
    timeoutMs: 30_000,
  });
  const admin = driver.admin();
  expect((await admin.describe([TOPIC])).topics).toHaveLength(1);
  await Promise.all([consumer.stop(), producer.close(), admin.close()]);
}

function signInSettings(): Readonly<Record<string, string>> {
  const listener = 'listener.name.proxied0';
  return {
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED0:SASL_PLAINTEXT',
    [`${listener}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
  };
}

async function createScramUsers(brokers: readonly string[]): Promise<void> {
  const admin = new Admin({ clientId: 'sign-in', bootstrapBrokers: [...brokers] });
  const [connection] = [...(await admin.connectToBrokers()).values()];
  const users = [
    { mechanism: ScramMechanisms.SCRAM_SHA_256, hash: 'sha256', bytes: 32 },
    { mechanism: ScramMechanisms.SCRAM_SHA_512, hash: 'sha512', bytes: 64 },
  ].map(({ mechanism, hash, bytes }) => {
    const salt = randomBytes(16);
    const saltedPassword = pbkdf2Sync(PASSWORD, salt, ITERATIONS, bytes, hash);
    return { name: USER, mechanism, iterations: ITERATIONS, salt, saltedPassword };
  });
  // One request may name a user once.
  for (const user of users) await alterUserScramCredentialsV0.api.async(connection!, [], [user]);
  await admin.close();
}
