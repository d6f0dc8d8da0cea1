import { eventually } from '@codex/testing';
import { WebSocket } from 'ws';
import { LiveWorld, stateChanged, type LiveFact } from './live-world';

const CHANGES = 'subscription { workItemStateChanged { stream version reason cursor } }';
/** Large, because a connection has buffers of its own that fill up first. */
const REASON = 'x'.repeat(4_000);
/** Others, who read, have it before the next comes; less than is kept for everybody. */
const BURST = 200;
const KEPT = 250;

interface Item {
  readonly stream: string;
  readonly version: number;
  readonly cursor: string;
}

describe('a subscriber that does not read', () => {
  let world: LiveWorld;
  beforeAll(async () => {
    world = await LiveWorld.create();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('loses its subscription instead of filling the memory, and goes on behind its last cursor', async () => {
    const small = await world.replica({ recent: { events: KEPT, bytes: 16 * 1024 * 1024 } });
    const items: Item[] = [];
    const codes: string[] = [];
    const socket = new WebSocket(`${small.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
      headers: await world.headers(),
    });
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data: Buffer) => {
      const { type, payload } = JSON.parse(data.toString());
      if (type === 'connection_ack') {
        socket.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query: CHANGES } }));
      }
      if (type !== 'next') return;
      if (payload.data !== null) items.push(payload.data.workItemStateChanged);
      for (const { extensions } of payload.errors ?? []) codes.push(extensions.code);
    });
    await eventually(() => small.feed.streams === 1);
    socket.pause();
    const reader = await world.follow(small);
    await eventually(() => small.feed.streams === 2);
    const all: string[] = [];
    while (small.feed.streams > 1) {
      all.push(...(await world.publish(...Array.from({ length: BURST }, aChange))));
      await reader.until(all.length);
    }
    socket.resume();
    await eventually(() => codes.length > 0);
    expect(codes).toEqual(['SLOW_CONSUMER']);
    const rest = await world.follow(small, `?after=${items.at(-1)!.cursor}`);
    await rest.until(all.length - items.length);
    const seen = items.map(({ stream, version }) => `${stream}@${version}`);
    expect([...seen, ...rest.names].sort()).toEqual([...all].sort());
    socket.close();
  });
});

function aChange(): LiveFact {
  const fact = stateChanged({});
  return { ...fact, data: { ...fact.data, reason: REASON } };
}
