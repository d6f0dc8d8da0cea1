import type { ConnectionOptions } from 'node:tls';

/** Mints a short-lived token for OAUTHBEARER, which is also how MSK IAM signs in. */
export type SaslTokenProvider = () => Promise<{ readonly value: string }>;

export type SaslCredentials =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'aws-msk-iam'; readonly tokenProvider?: SaslTokenProvider };

/** How to reach Kafka: the validated slice of a service's configuration. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /**
   * Names this process among those with the same client id, and a process that is started in its place after a crash by the
   * same name: then the members that the dead one left in its groups are removed at once. Nobody else may have it at the
   * same time, and a process may have one consumer in each group.
   */
  readonly instance?: string;
  readonly tls?: boolean | ConnectionOptions;
  readonly sasl?: SaslCredentials;
}

/** The configuration asks for something this build cannot do. Thrown when the driver is made, not when it connects. */
export class KafkaConfigurationError extends Error {
  override readonly name = 'KafkaConfigurationError';
}

/** What Kafka knows this process by. */
export function clientIdOf({ clientId, instance }: KafkaConnection): string {
  return instance === undefined ? clientId : `${clientId}.${instance}`;
}

/** The client id, when it is of this process alone; null when others may have it too. */
export function ownClientIdOf(connection: KafkaConnection): string | null {
  return connection.instance === undefined ? null : clientIdOf(connection);
}

/** All mistakes of a connection at once; an empty list means it can be tried. */
export function connectionMistakes(connection: KafkaConnection): readonly string[] {
  const mistakes: string[] = [];
  if (connection.brokers.length === 0) mistakes.push('brokers: at least one host:port is needed');
  for (const broker of connection.brokers) {
    if (!/^(\[[0-9a-f:]+\]|[^:\s]+):\d{1,5}$/i.test(broker)) mistakes.push(`brokers: "${broker}" is not host:port`);
  }
  const sasl = connection.sasl;
  if (sasl?.mechanism === 'aws-msk-iam') {
    if (sasl.tokenProvider === undefined) {
      mistakes.push('sasl: aws-msk-iam needs a token provider (aws-msk-iam-sasl-signer-js is not part of this build)');
    }
    if (!connection.tls) mistakes.push('sasl: aws-msk-iam is only served over TLS');
  } else if (sasl !== undefined) {
    if (sasl.username === '') mistakes.push('sasl: username is empty');
    if (sasl.password === '') mistakes.push('sasl: password is empty');
  }
  return mistakes;
}

/** Throws {@link KafkaConfigurationError} that lists every mistake. */
export function requireValidConnection(connection: KafkaConnection): void {
  const mistakes = connectionMistakes(connection);
  if (mistakes.length > 0) throw new KafkaConfigurationError(mistakes.join('; '));
}
