import type { BaseOptions, SASLMechanismValue, SASLOptions } from '@platformatic/kafka';

import { clientIdOf, type KafkaConnection, type SaslCredentials } from '../driver/kafka-connection';

const MECHANISMS = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const satisfies Record<string, SASLMechanismValue>;

const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 1_000;

/**
 * What all clients of a connection share. Every request is bounded, so that a connection whose other end has vanished is
 * noticed; retries within the client are few, because its owner repeats what matters.
 */
export function clientOptions(connection: KafkaConnection): BaseOptions {
  const { brokers, tls, sasl } = connection;
  return {
    clientId: clientIdOf(connection),
    bootstrapBrokers: [...brokers],
    connectTimeout: 3_000,
    requestTimeout: 15_000,
    timeout: 10_000,
    retries: 4,
    retryDelay: (_client, _operation, attempt) => Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LAST_RETRY_MS),
    metadataMaxAge: 300_000,
    autocreateTopics: false,
    tls: tls === true ? {} : tls || undefined,
    sasl: sasl === undefined ? undefined : saslOptions(sasl),
  };
}

function saslOptions(sasl: SaslCredentials): SASLOptions {
  if (sasl.mechanism !== 'aws-msk-iam') {
    return { mechanism: MECHANISMS[sasl.mechanism], username: sasl.username, password: sasl.password };
  }
  const provider = sasl.tokenProvider!;
  return { mechanism: 'OAUTHBEARER', token: async () => (await provider()).value };
}
