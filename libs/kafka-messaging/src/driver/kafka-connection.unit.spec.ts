import { kafkajsDriver } from '../kafkajs/kafkajs-driver';
import { connectionMistakes, KafkaConfigurationError } from './kafka-connection';

const brokers = ['kafka-1:9092', '[::1]:9092', '10.0.0.1:19092'];

describe('the connection to Kafka', () => {
  it('may be plain, with credentials, or with tokens over TLS', () => {
    const sasl = { username: 'u', password: 'p' };
    expect(connectionMistakes({ brokers, clientId: 'c' })).toEqual([]);
    expect(
      connectionMistakes({ brokers, clientId: 'c', tls: true, sasl: { mechanism: 'scram-sha-512', ...sasl } }),
    ).toEqual([]);
    const tokenProvider = async (): Promise<{ value: string }> => ({ value: 't' });
    expect(
      connectionMistakes({ brokers, clientId: 'c', tls: true, sasl: { mechanism: 'aws-msk-iam', tokenProvider } }),
    ).toEqual([]);
  });

  it('is refused with all mistakes at once, before anything connects', () => {
    const make = (): unknown =>
      kafkajsDriver({ brokers: ['nowhere'], clientId: 'c', sasl: { mechanism: 'plain', username: '', password: '' } });
    expect(make).toThrow(KafkaConfigurationError);
    expect(make).toThrow(/"nowhere" is not host:port.*username is empty.*password is empty/);
    expect(connectionMistakes({ brokers: [], clientId: 'c' })).toHaveLength(1);
  });

  it('says what is missing for MSK IAM', () => {
    const mistakes = connectionMistakes({ brokers, clientId: 'c', sasl: { mechanism: 'aws-msk-iam' } });
    expect(mistakes).toEqual([expect.stringContaining('token provider'), expect.stringContaining('TLS')]);
  });
});
