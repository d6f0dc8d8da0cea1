import { serverAddresses } from '@codex/testing';
import { aRecord, contractWorld, received, until } from '../testing/contract-world';
import { kafkajsDriver } from './kafkajs-driver';

interface Sender {
  clientId: string;
  send(exchange: { readonly request: { readonly apiName: string } }): Promise<unknown>;
}

const CLIENT = 'restarted-coordinator';
const NOT_COORDINATOR = 16;
const UNKNOWN_MEMBER = 25;
const COORDINATOR_LOADING = 14;
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { createErrorFromCode(code: number): Error };
const { prototype } = require('kafkajs/src/network/connection') as { readonly prototype: Sender };

/** What Kafka answers to members of a group while it starts again: it knows nothing yet, and later everything as it was. */
function answerAsWhileStarting(heartbeat: number): { readonly left: () => number; readonly end: () => void } {
  const { send } = prototype;
  const codes: Record<string, number[]> = {
    Heartbeat: [heartbeat],
    JoinGroup: [NOT_COORDINATOR, NOT_COORDINATOR, COORDINATOR_LOADING],
  };
  prototype.send = async function (exchange) {
    const isBeaten = exchange.request.apiName === 'Heartbeat' || codes['Heartbeat']!.length === 0;
    const code = this.clientId.startsWith(CLIENT) && isBeaten && codes[exchange.request.apiName]?.shift();
    if (code) throw createErrorFromCode(code);
    return send.call(this, exchange);
  };
  return {
    left: () => Object.values(codes).flat().length,
    end: () => void (prototype.send = send),
  };
}

describe('a kafkajs session', () => {
  const kafka = contractWorld((who) => kafkajsDriver({ ...who, brokers: serverAddresses().kafkaBrokers }));

  it.each([
    ['is not the coordinator', NOT_COORDINATOR],
    ['knows no such member', UNKNOWN_MEMBER],
  ])('joins anew when the broker %s, and loads its groups while the member joins', async (_name, heartbeat) => {
    const { topic, producer, driverOf } = kafka();
    const consumer = kafka().consume({ driver: driverOf({ clientId: CLIENT }) });
    await until(() => consumer.assigned.length > 0, 'the first assignment');
    const before = consumer.generations;
    const starting = answerAsWhileStarting(heartbeat);
    try {
      await until(() => starting.left() === 0, 'the end of the start');
      await until(() => consumer.generations > before && consumer.assigned.length > 0, 'the next assignment');
    } finally {
      starting.end();
    }
    await producer.send([aRecord(topic, 'a', 'after')]);
    await received(consumer, 1);
  });
});
