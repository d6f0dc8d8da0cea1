import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';

/**
 * Below the range from which systems take the local ports of outgoing connections (32768 and up on Linux): a service
 * that is started again on its port must not find a connection of somebody else there.
 */
const RANGE = { from: 15_000, to: 30_000 } as const;
const ATTEMPTS = 200;

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held: Server[] = [];
  try {
    for (let attempt = 0; held.length < count; attempt++) {
      if (attempt > ATTEMPTS + count) throw new Error(`no ${count} free ports between ${RANGE.from} and ${RANGE.to}`);
      const server = await listen(randomInt(RANGE.from, RANGE.to));
      if (server) held.push(server);
    }
    return held.map(portOf);
  } finally {
    await Promise.all(held.map(close));
  }
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

/** The wanted port, or another one when somebody listens there; 0 asks for any. */
export async function portOrAnother(wanted: number): Promise<number> {
  if (wanted === 0) return freePort();
  const server = await listen(wanted);
  if (!server) return freePort();
  await close(server);
  return wanted;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, HOST, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}
