import { Kafka, logLevel, type KafkaConfig, type LogEntry } from 'kafkajs';

import {
  clientIdOf,
  requireValidConnection,
  type KafkaConnection,
  type SaslCredentials,
} from '../driver/kafka-connection';
import type { MessagingLogger } from '../driver/messaging-logger';
import { applyConnectionFix } from './kafkajs-connection';
import { applyFastEncoding } from './kafkajs-encoding';
import { applyTimerFix } from './kafkajs-timer';

/** The kafkajs client of a connection. Throws `KafkaConfigurationError` on what can't work. */
export function kafkajsClient(connection: KafkaConnection, logger: MessagingLogger): Kafka {
  requireValidConnection(connection);
  applyTimerFix();
  applyConnectionFix();
  applyFastEncoding();
  return new Kafka({
    clientId: clientIdOf(connection),
    brokers: [...connection.brokers],
    ssl: connection.tls ?? false,
    sasl: saslOptions(connection.sasl),
    connectionTimeout: 3_000,
    authenticationTimeout: 10_000,
    requestTimeout: 15_000,
    // Given in full because kafkajs has other defaults when NODE_ENV is test.
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 1_000, factor: 0.2, multiplier: 2 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => write(logger, entry),
  });
}

function saslOptions(sasl: SaslCredentials | undefined): KafkaConfig['sasl'] {
  if (sasl === undefined) return undefined;
  if (sasl.mechanism === 'aws-msk-iam') return { mechanism: 'oauthbearer', oauthBearerProvider: sasl.tokenProvider! };
  // Word for word, because kafkajs's type wants one object type a mechanism.
  const { mechanism, username, password } = sasl;
  if (mechanism === 'plain') return { mechanism, username, password };
  if (mechanism === 'scram-sha-256') return { mechanism, username, password };
  return { mechanism, username, password };
}

// kafkajs calls every attempt that it will repeat an error; what matters comes back to us as a rejection or an event.
function write(logger: MessagingLogger, { level, namespace, log }: LogEntry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...fields } = log;
  const line = `kafkajs ${namespace}: ${message}`;
  if (level === logLevel.ERROR) logger.warn(fields, line);
  else logger.debug(fields, line);
}
