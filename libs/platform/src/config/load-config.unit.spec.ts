import { generateKeyPairSync } from 'node:crypto';
import { databaseConfig, httpConfig, internalAuthConfig, kafkaConfig, serviceUrl } from './config-slices';
import { ConfigInvalid, loadConfig } from './load-config';

const slices = { http: httpConfig, internalAuth: internalAuthConfig, database: databaseConfig, kafka: kafkaConfig };

function keyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const text = (key: typeof publicKey) => JSON.stringify(key.export({ format: 'jwk' }));
  return { publicKey: text(publicKey), privateKey: text(privateKey) };
}

function mistakesOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(slices, environment);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.mistakes;
    throw error;
  }
  return [];
}

const valid = {
  DATABASE_URL: 'postgres://project:s3cret@127.0.0.1:5432/project',
  KAFKA_BROKERS: '127.0.0.1:9092, 127.0.0.1:9093',
  INTERNAL_TOKEN_PUBLIC_KEY: keyPair().publicKey,
};

describe('loadConfig', () => {
  it('turns the environment into slices, with defaults', () => {
    expect(loadConfig(slices, valid)).toMatchObject({
      http: { port: 3000, host: '127.0.0.1', logLevel: 'info' },
      database: { connectionString: valid.DATABASE_URL, maxConnections: 10 },
      kafka: { brokers: ['127.0.0.1:9092', '127.0.0.1:9093'], client: 'kafkajs', tls: false, sasl: null },
    });
  });

  it('names every mistake of every slice at once', () => {
    expect(mistakesOf({ PORT: '70000', KAFKA_BROKERS: 'nowhere', KAFKA_TLS: 'yes', LOG_LEVEL: 'loud' })).toEqual([
      expect.stringMatching(/^PORT: /),
      expect.stringMatching(/^LOG_LEVEL: /),
      'INTERNAL_TOKEN_PUBLIC_KEY: is required',
      'DATABASE_URL: is required',
      'KAFKA_BROKERS: must be host:port, separated by commas',
      'KAFKA_TLS: must be true or false',
    ]);
  });

  it('takes an empty variable for an absent one', () => {
    expect(mistakesOf({ ...valid, DATABASE_URL: '' })).toEqual(['DATABASE_URL: is required']);
  });

  it('asks for user and password when a SASL mechanism needs them', () => {
    expect(mistakesOf({ ...valid, KAFKA_SASL_MECHANISM: 'plain' })).toEqual([
      'KAFKA_SASL_USERNAME: is required',
      'KAFKA_SASL_PASSWORD: is required',
    ]);
  });

  it('takes the name of a replica, and no name that Kafka could not show', () => {
    expect(loadConfig(slices, { ...valid, KAFKA_INSTANCE_ID: 'project-2' }).kafka).toMatchObject({
      instance: 'project-2',
    });
    expect(loadConfig(slices, valid).kafka).not.toHaveProperty('instance');
    expect(mistakesOf({ ...valid, KAFKA_INSTANCE_ID: 'a b' })).toEqual([
      expect.stringMatching(/^KAFKA_INSTANCE_ID: must be/),
    ]);
  });

  it('takes the places of moved topics, or reports every mistake in them', () => {
    const { kafka } = loadConfig(slices, { ...valid, KAFKA_TOPICS: 'project.events.v1.p24:24' });
    expect(kafka.topics.nameOf('project.events.v1')).toBe('project.events.v1.p24');
    expect(loadConfig(slices, valid).kafka.topics.nameOf('project.events.v1')).toBe('project.events.v1');
    expect(mistakesOf({ ...valid, KAFKA_TLS: 'yes', KAFKA_TOPICS: 'x.events.v1.a:1,system.events.v1.b:0' })).toEqual([
      'KAFKA_TOPICS: x.events.v1 is not in the catalogue',
      "KAFKA_TOPICS: system.events.v1 is published by every service: it can't be moved",
      'KAFKA_TOPICS: system.events.v1.b needs 1 to 1000 partitions',
      'KAFKA_TLS: must be true or false',
    ]);
  });

  it('never shows a value, because it may be a secret', () => {
    const secrets = {
      DATABASE_URL: 'mysql://root:hunter2@db',
      INTERNAL_TOKEN_PUBLIC_KEY: '{"hunter2":1}',
      PORT: 'hunter2',
    };
    expect(mistakesOf({ ...valid, ...secrets })).toHaveLength(3);
    expect(mistakesOf({ ...valid, ...secrets }).join()).not.toContain('hunter2');
  });

  it('refuses a private key where the public one belongs', () => {
    expect(mistakesOf({ ...valid, INTERNAL_TOKEN_PUBLIC_KEY: keyPair().privateKey })).toEqual([
      'INTERNAL_TOKEN_PUBLIC_KEY: must be a public Ed25519 JWK as JSON',
    ]);
  });

  it('reads the URL of a service without its trailing slash', () => {
    expect(loadConfig({ audit: serviceUrl('AUDIT_URL') }, { AUDIT_URL: 'http://audit:3000/' }).audit).toBe(
      'http://audit:3000',
    );
  });
});
