import { eventually } from '@codex/testing';
import { createClient, type Client } from 'graphql-ws';
import { v7 as uuidv7 } from 'uuid';
import { WebSocket } from 'ws';
import { LiveWorld, runProgressed, stateChanged, type As, type Replica } from './live-world';

let world: LiveWorld;
let replica: Replica;
const clients: Client[] = [];
beforeAll(async () => {
  world = await LiveWorld.create();
  replica = await world.replica();
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.dispose()));
  await world[Symbol.asyncDispose]();
});

async function client(as: As = {}, at: Replica = replica): Promise<Client> {
  const headers = await world.headers(as);
  const made = createClient({
    url: at.url.replace('http', 'ws') + '/graphql',
    webSocketImpl: class extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol, { headers });
      }
    },
    retryAttempts: 0,
    lazy: true,
  });
  clients.push(made);
  return made;
}

interface Seen {
  readonly items: any[];
  readonly errors: any[];
  isOver: boolean;
  unsubscribe(): void;
}

function follow(by: Client, query: string, variables: Record<string, unknown> = {}): Seen {
  const seen: Seen = { items: [], errors: [], isOver: false, unsubscribe: () => undefined };
  seen.unsubscribe = by.subscribe(
    { query, variables },
    {
      next: ({ data, errors }) => {
        if (data) seen.items.push(Object.values(data)[0]);
        seen.errors.push(...(errors ?? []));
      },
      error: (error) => {
        seen.errors.push(...(Array.isArray(error) ? error : [error]));
        seen.isOver = true;
      },
      complete: () => (seen.isOver = true),
    },
  );
  return seen;
}

// Leaving takes a moment, and the next test counts from nothing.
afterEach(() => eventually(() => replica.feed.streams === 0));

/** Subscriptions are not acknowledged: one is known to be there when an event comes through. */
async function following(by: Client, query: string, variables: Record<string, unknown> = {}): Promise<Seen> {
  const before = replica.feed.streams;
  const seen = follow(by, query, variables);
  await eventually(() => replica.feed.streams > before || seen.isOver);
  return seen;
}

const CHANGES = `subscription($projectId: ID, $workItemId: ID, $after: String) {
  workItemStateChanged(projectId: $projectId, workItemId: $workItemId, after: $after) {
    workItemId projectId previousState newState stream version occurredAt cursor error { code } artifacts { name } } }`;

describe('a subscription', () => {
  it('to changes of state shows those of the project or the work item', async () => {
    const [projectId, workItemId] = [uuidv7(), uuidv7()];
    const by = await client();
    const ofProject = await following(by, CHANGES, { projectId });
    const ofItem = await following(by, CHANGES, { workItemId });
    const all = await following(by, CHANGES);
    await world.publish(stateChanged({ projectId, workItemId }), stateChanged({ projectId }), stateChanged({}));
    await eventually(() => all.items.length === 3);
    await eventually(() => ofProject.items.length === 2 && ofItem.items.length === 1);
    expect(ofItem.items[0]).toEqual({
      ...{ workItemId, projectId, previousState: 'draft', newState: 'scheduled', stream: `WorkItem-${workItemId}` },
      ...{ version: 1, occurredAt: '2026-03-01T10:00:00.123Z', cursor: expect.any(String), error: null, artifacts: [] },
    });
    [ofProject, ofItem, all].forEach((seen) => seen.unsubscribe());
  });

  it('to progress shows that of the run', async () => {
    const runId = uuidv7();
    const query = 'subscription($runId: ID!) { runProgressed(runId: $runId) { runId percent message } }';
    const seen = await following(await client(), query, { runId });
    await world.publish(runProgressed(uuidv7(), 10), runProgressed(runId, 50));
    await eventually(() => seen.items.length > 0);
    expect(seen.items).toEqual([{ runId, percent: 50, message: 'half way' }]);
    seen.unsubscribe();
  });

  it('goes on behind a cursor, of a stream over HTTP too', async () => {
    const by = await client();
    const stream = await world.follow(replica);
    await eventually(() => stream.lastId !== null);
    const start = stream.lastId!;
    stream.close();
    const names = await world.publish(...Array.from({ length: 10 }, () => stateChanged({})));
    const first = follow(by, CHANGES, { after: start });
    await eventually(() => first.items.length === 10);
    first.unsubscribe();
    const rest = follow(by, CHANGES, { after: first.items[3].cursor });
    await eventually(() => rest.items.length === 6);
    const nameOf = ({ stream: of, version }: { stream: string; version: number }) => `${of}@${version}`;
    expect([...first.items.slice(0, 4), ...rest.items].map(nameOf).sort()).toEqual([...names].sort());
    rest.unsubscribe();
  });

  it('shows nothing of other tenants', async () => {
    const projectId = uuidv7();
    const foreign = { tenantId: uuidv7() };
    const [nosy, theirs] = [
      await following(await client(), CHANGES, { projectId }),
      await following(await client(foreign), CHANGES, { projectId }),
    ];
    await world.publish(stateChanged({ ...foreign, projectId }));
    await eventually(() => theirs.items.length === 1);
    expect(nosy.items).toEqual([]);
    [nosy, theirs].forEach((seen) => seen.unsubscribe());
  });

  it('ends when the service stops', async () => {
    const other = await world.replica();
    const seen = follow(await client({}, other), CHANGES);
    await eventually(() => other.feed.streams === 1);
    await other.stop();
    await eventually(() => seen.isOver);
    expect(seen.errors.map(({ code }) => code)).toEqual([1001]);
  });
});

describe('a subscription is refused', () => {
  it.each([
    ['an unknown field', 'subscription { nothing }', {}, 'VALIDATION_FAILED'],
    ['what does not parse', 'subscription {', {}, 'VALIDATION_FAILED'],
    ['a query', '{ projects { edges { node { id } } } }', {}, 'VALIDATION_FAILED'],
    ['an id that is none', CHANGES, { projectId: '1' }, 'VALIDATION_FAILED'],
    ['a cursor that is none', CHANGES, { after: 'x' }, 'VALIDATION_FAILED'],
    ['a cursor of another log', CHANGES, { after: 'AQAAAAAAAAAAAAAAAAA' }, 'CURSOR_EXPIRED'],
  ])('for %s', async (_, query, variables, code) => {
    const seen = follow(await client(), query, variables);
    await eventually(() => seen.isOver);
    expect(seen.errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  });

  it('when there are too many on one connection', async () => {
    const by = await client();
    const twenty = [];
    for (let count = 0; count < 20; count++) twenty.push(await following(by, CHANGES));
    const one = follow(by, CHANGES);
    await eventually(() => one.isOver);
    expect(one.errors.map(({ extensions }) => extensions.code)).toEqual(['RATE_LIMITED']);
    twenty.forEach((seen) => seen.unsubscribe());
  });

  it.each([
    ['without a token', null, 401],
    ['with a token that is none', { 'x-internal-token': 'x' }, 401],
    ['for agents', { roles: ['agent'] }, 403],
  ])('%s', async (_, as, status) => {
    const headers = as === null || !('roles' in as) ? (as ?? {}) : await world.headers(as);
    const socket = new WebSocket(`${replica.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    const answer = await new Promise<number>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!));
      socket.on('error', () => undefined);
    });
    expect(answer).toBe(status);
  });

  const closing = async (protocols: string[], send?: string | Buffer): Promise<number> => {
    const socket = new WebSocket(`${replica.url.replace('http', 'ws')}/graphql`, protocols, {
      headers: await world.headers(),
    });
    socket.on('error', () => undefined);
    socket.on('open', () => send !== undefined && socket.send(send));
    return new Promise((resolve) => socket.on('close', resolve));
  };

  it.each([
    ['a message that is none', 'hello', 4400],
    ['a binary message', Buffer.from('{"type":"connection_init"}'), 4400],
    ['a subscription before the initialisation', '{"type":"subscribe","id":"1","payload":{"query":"{ a }"}}', 4401],
    ['a message that is too large', JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(70_000) } }), 1009],
    ['silence', undefined, 4408],
  ])('the connection, after %s', async (_, send, code) => {
    expect(await closing(['graphql-transport-ws'], send)).toBe(code);
  });

  it('the connection, with another protocol', async () => {
    expect(await closing([])).toBe(4406);
  });

  it('over plain HTTP', async () => {
    const headers = { ...(await world.headers()), 'content-type': 'application/json' };
    const body = JSON.stringify({ query: CHANGES });
    const answer = await fetch(`${replica.url}/graphql`, { method: 'POST', headers, body });
    const { errors } = (await answer.json()) as { errors: { extensions: { code: string } }[] };
    expect([answer.status, errors[0]!.extensions.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('never what only offers an upgrade, as some clients do with every request', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c' };
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      request(`${replica.url}/health/live`, { headers }, (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(200);
  });
});
