import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

import { applyConnectionFix } from './kafkajs-connection';

interface Connection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  send(exchange: unknown): Promise<unknown>;
  isConnected(): boolean;
}

const REQUEST_TIMEOUT_MS = 150;
const silent = { debug: () => undefined, error: () => undefined, warn: () => undefined };
const Encoder = require('kafkajs/src/protocol/encoder') as new () => object;
const logger = { ...silent, namespace: () => silent };

/** An exchange without body: any answer will do. */
const exchange = {
  request: { apiKey: 3, apiVersion: 0, apiName: 'Metadata', encode: async () => new Encoder() },
  response: { decode: async (payload: Buffer) => payload, parse: async (payload: Buffer) => payload.toString() },
};

/** What a broker sends: length, correlation id, body. */
function answer(correlationId: number, body: string): Buffer {
  const frame = Buffer.alloc(8 + body.length);
  frame.writeInt32BE(4 + body.length, 0);
  frame.writeInt32BE(correlationId, 4);
  frame.write(body, 8);
  return frame;
}

describe('a kafkajs connection', () => {
  let server: Server;
  let sockets: Socket[];
  let connection: Connection;

  beforeEach(async () => {
    applyConnectionFix();
    sockets = [];
    server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const KafkajsConnection = require('kafkajs/src/network/connection') as new (options: object) => Connection;
    const socketFactory = require('kafkajs/src/network/socketFactory') as () => unknown;
    connection = new KafkajsConnection({
      host: '127.0.0.1',
      port,
      logger,
      socketFactory: socketFactory(),
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: 1_000,
    });
    await connection.connect();
  });
  afterEach(async () => {
    await connection.disconnect();
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is given up when a request was not answered in time, with all that waits on it', async () => {
    const [first, second] = await Promise.allSettled([connection.send(exchange), connection.send(exchange)]);
    expect(first).toMatchObject({ reason: { message: expect.stringContaining('timed out') } });
    expect(second).toMatchObject({ reason: { message: expect.stringMatching(/timed out|does not answer/) } });
    expect(connection.isConnected()).toBe(false);
  });

  it('starts anew without what was left of an answer', async () => {
    const cut = connection.send(exchange);
    await once(sockets[0]!, 'data');
    sockets[0]!.write(answer(0, 'never complete').subarray(0, 12));
    await expect(cut).rejects.toThrow('timed out');
    await connection.connect();
    const whole = connection.send(exchange);
    await once(sockets[1]!, 'data');
    sockets[1]!.write(answer(1, 'hello'));
    expect(await whole).toBe('hello');
  });
});
