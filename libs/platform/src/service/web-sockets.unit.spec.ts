import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { eventually } from '@codex/testing';
import { fastify } from 'fastify';
import { HealthRegistry } from '../health/health-registry';
import { createLogger } from '../logging/logger';
import { Lifecycle } from './lifecycle';
import { acceptWebSockets } from './web-sockets';

const PATH = '/talk';
const PROTOCOL = 'spec';
/** A frame of a text this short: two bytes, then the text. */
const FRAME_BYTES = 2 + 'number 00'.length;
const MESSAGES = 50;

describe('a WebSocket', () => {
  const server = fastify();
  const life = new Lifecycle(createLogger('test', 'silent'), new HealthRegistry());
  let connection: Socket | undefined;

  afterAll(async () => {
    connection?.destroy();
    await life.stop();
    await server.close();
  });

  it('sends what one turn of the event loop has to say in one write', async () => {
    await life.start();
    acceptWebSockets(server, life, {
      ...{ path: PATH, protocol: PROTOCOL, maxMessageBytes: 1_000, maxConnections: 1 },
      admit: () => undefined,
      open: (socket) =>
        socket.once('message', async () => {
          for (let number = 10; number < 10 + MESSAGES; number++) {
            socket.send(`number ${number}`);
            // One after the other, as whoever sends the results of promises does.
            await Promise.resolve();
          }
        }),
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    connection = await upgraded((server.server.address() as AddressInfo).port);
    const pieces: Buffer[] = [];
    connection.on('data', (piece: Buffer) => pieces.push(piece));
    connection.write(maskedText('go'));
    await eventually(() => Buffer.concat(pieces).length === MESSAGES * FRAME_BYTES);
    expect(pieces).toHaveLength(1);
    expect(pieces[0]!.subarray(-FRAME_BYTES).toString('latin1')).toContain(`number ${9 + MESSAGES}`);
  });
});

async function upgraded(port: number): Promise<Socket> {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': Buffer.alloc(16).toString('base64'), 'sec-websocket-protocol': PROTOCOL },
  };
  const call = request({ host: '127.0.0.1', port, path: PATH, headers }).end();
  const [, socket] = (await once(call, 'upgrade')) as [unknown, Socket];
  return socket;
}

/** As clients must, with a mask; one of zeros changes nothing. */
function maskedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
