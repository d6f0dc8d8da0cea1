import { connect } from 'node:net';
import { eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { LiveWorld, runProgressed, stateChanged, type Replica } from './live-world';

let world: LiveWorld;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  world = await LiveWorld.create();
  [one, other] = [await world.replica(), await world.replica()];
});
afterAll(() => world[Symbol.asyncDispose]());

const many = (count: number) => Array.from({ length: count }, () => stateChanged({}));

describe('an event stream', () => {
  it('shows an event as the history does, and when it was recorded', async () => {
    const client = await world.follow(one);
    expect(client.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const workItemId = uuidv7();
    const fact = stateChanged({ workItemId });
    await world.publish(fact);
    await client.until(1);
    const at = '2026-03-01T10:00:00.123Z';
    expect(client.events[0]!.data).toEqual({
      ...{ type: 'WorkItemStateChanged', context: 'work-item', stream: `WorkItem-${workItemId}`, version: 1 },
      ...{ occurredAt: at, recordedAt: at, actor: 'key-member', correlationId: 'story', causationId: 'cause' },
      data: fact.data,
    });
    client.close();
  });

  it('resumes exactly after any event, also on another replica', async () => {
    const first = await world.follow(one);
    const names = await world.publish(...many(60));
    await first.until(60);
    first.close();
    expect([...first.names].sort()).toEqual([...names].sort());
    for (const place of [0, 17, 58]) {
      const cursor = first.events[place]!.id!;
      for (const [replica, resume] of [
        [one, { lastEventId: cursor }],
        [other, { lastEventId: cursor }],
      ] as const) {
        const again = await world.follow(replica, '', resume);
        const rest = await again.until(59 - place);
        expect([...rest].sort()).toEqual([...first.names.slice(place + 1)].sort());
        again.close();
      }
    }
  });

  it('loses nothing and repeats nothing over many reconnections while events flow', async () => {
    const all: string[] = [];
    const seen: string[] = [];
    let client = await world.follow(one);
    for (let round = 0; round < 6; round++) {
      const before = client.names.length;
      all.push(...(await world.publish(...many(20))));
      await client.until(before + 1 + round);
      client.close();
      await eventually(() => client.isOver);
      const last = client;
      seen.push(...last.names);
      client = await world.follow(round % 2 === 0 ? other : one, '', { lastEventId: last.lastId! });
    }
    await client.until(all.length - seen.length);
    seen.push(...client.names);
    client.close();
    expect(seen).toHaveLength(all.length);
    expect([...seen].sort()).toEqual([...all].sort());
  });

  it('resumes after a restart, from before its first event too, and from ?after= as well', async () => {
    const replica = await world.replica();
    const client = await world.follow(replica);
    await eventually(() => client.lastId !== null);
    await replica.stop();
    await eventually(() => client.isOver);
    expect(client.farewell).toEqual({ code: 'SHUTTING_DOWN', cursor: client.lastId });
    const names = await world.publish(...many(10));
    const restarted = await world.replica();
    const again = await world.follow(restarted, `?after=${client.lastId}`);
    expect([...(await again.until(10))].sort()).toEqual([...names].sort());
    await restarted.stop();
  });

  it('keeps the order of each stream', async () => {
    const client = await world.follow(other);
    const workItemId = uuidv7();
    for (let version = 0; version < 20; version++) await world.publish(stateChanged({ workItemId }));
    await client.until(20);
    expect(client.events.map(({ data }) => data.version)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    client.close();
  });

  it('filters by project, work item and type', async () => {
    const [projectId, workItemId, runId] = [uuidv7(), uuidv7(), uuidv7()];
    const clients = await Promise.all(
      [
        `?projectId=${projectId}`,
        `?workItemId=${workItemId.toUpperCase()}`,
        '?types=RunProgressed',
        `?types=RunProgressed,WorkItemStateChanged&projectId=${projectId}`,
        '',
      ].map((query) => world.follow(one, query)),
    );
    const [a, b, c, d] = await world.publish(
      stateChanged({ projectId, workItemId }),
      stateChanged({ projectId }),
      stateChanged({}),
      runProgressed(runId, 50, projectId),
    );
    await clients[4]!.until(4);
    const wanted = [[a, b, d], [a], [d], [a, b, d], [a, b, c, d]];
    for (const [index, names] of wanted.entries()) {
      const got = await clients[index]!.until(names.length);
      expect([...got].sort()).toEqual([...names].sort());
    }
    clients.forEach((client) => client.close());
  });

  it('shows a tenant its own events only, whatever it asks for', async () => {
    const foreign = { tenantId: uuidv7() };
    const projectId = uuidv7();
    const [own, nosy, theirs] = await Promise.all([
      world.follow(one),
      world.follow(one, `?projectId=${projectId}`),
      world.follow(one, '', foreign),
    ]);
    const [secret] = await world.publish(stateChanged({ ...foreign, projectId }));
    const [mine] = await world.publish(stateChanged({}));
    expect(await theirs.until(1)).toEqual([secret]);
    expect(await own.until(1)).toEqual([mine]);
    expect(nosy.names).toEqual([]);
    [own, nosy, theirs].forEach((client) => client.close());
  });

  it('does not show what is not public', async () => {
    const client = await world.follow(one);
    await world.publish({
      ...{ type: 'ServiceHealthChanged', stream: 'Service-x' },
      data: { service: 'x', status: 'up', details: {} },
    });
    const [visible] = await world.publish(stateChanged({}));
    expect(await client.until(1)).toEqual([visible]);
    client.close();
  });
});

describe('an event stream is refused', () => {
  const cursorOf = async (): Promise<string> => {
    const client = await world.follow(one);
    await eventually(() => client.lastId !== null);
    client.close();
    return client.lastId!;
  };

  it.each([
    ['an unknown parameter', '?project=1', 'project'],
    ['an id that is none', '?projectId=1', 'projectId'],
    ['an unknown type', '?types=Nothing', 'types'],
    ['a type that is not public', '?types=ServiceHealthChanged', 'types'],
    ['an empty type', '?types=', 'types'],
    ['a cursor that is none', '?after=abc', 'after'],
    ['an empty cursor', '?after=', 'after'],
    ['a cursor with something behind it', '?after=AQAAAAAAAAA.', 'after'],
  ])('with %s', async (_, query, path) => {
    const client = await world.follow(one, query);
    const problem = await client.problem();
    expect(problem).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
    expect(problem.errors.map((error: { path: string }) => error.path)).toContain(path);
  });

  it('without a token, and for agents', async () => {
    const answer = await fetch(`${one.url}/v1/events`);
    expect([answer.status, await answer.json()]).toEqual([401, expect.objectContaining({ code: 'UNAUTHENTICATED' })]);
    const agent = await world.follow(one, '', { roles: ['agent'] });
    expect(await agent.problem()).toMatchObject({ status: 403, code: 'FORBIDDEN' });
  });

  it('with a cursor that is too far behind', async () => {
    const strict = await world.replica({ eventsBehind: 5 });
    const cursor = await cursorOf();
    await world.publish(...many(6));
    const client = await world.follow(strict, `?after=${cursor}`);
    expect(await client.problem()).toMatchObject({ status: 410, code: 'CURSOR_EXPIRED' });
    const fresh = await world.follow(strict, `?after=${await cursorOf()}`);
    expect(fresh.status).toBe(200);
    await strict.stop();
  });

  it('with a cursor from beyond the end of the log', async () => {
    const bytes = Buffer.from(await cursorOf(), 'base64url');
    const forged = Buffer.concat([bytes.subarray(0, 7), Buffer.from([0xff, 0x7f, 0, 0, 0, 0, 0])]);
    const client = await world.follow(one, `?after=${forged.toString('base64url')}`);
    expect(await client.problem()).toMatchObject({ status: 410, code: 'CURSOR_EXPIRED' });
  });

  it('with a cursor of another log, which is as long', async () => {
    await using before = await LiveWorld.create();
    await using after = await LiveWorld.create();
    const first = await before.follow(await before.replica());
    const cursor = await eventually(() => first.lastId ?? false);
    const client = await after.follow(await after.replica(), `?after=${cursor}`);
    expect(await client.problem()).toMatchObject({ status: 410, code: 'CURSOR_EXPIRED' });
  });

  it('when there are too many, and not any more when one has left', async () => {
    const small = await world.replica({ streamsOfCaller: 2, streams: 3 });
    const open = [await world.follow(small), await world.follow(small)];
    const refused = await world.follow(small);
    expect(await refused.problem()).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refused.response.headers.get('retry-after')).toBe('5');
    open.push(await world.follow(small, '', { actor: 'another' }));
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await world.follow(small, '', { actor: 'third' })).status).toBe(429);
    open[0]!.close();
    await eventually(async () => (await world.follow(small)).status === 200);
    await small.stop();
  });
});

describe('an event stream costs', () => {
  it('a comment and a fresh cursor while nothing happens', async () => {
    const lively = await world.replica({ heartbeatMs: 30 });
    const client = await world.follow(lively, '?types=RunProgressed');
    const first = await eventually(() => client.lastId ?? false);
    await world.publish(...many(3));
    await eventually(() => client.comments > 2 && client.lastId !== first);
    expect(client.names).toEqual([]);
    await lively.stop();
  });

  it('nothing when nobody listens any more', async () => {
    const quiet = await world.replica({ lingerMs: 10 });
    const client = await world.follow(quiet);
    await world.publish(...many(1));
    await client.until(1);
    client.close();
    await eventually(() => !quiet.feed.isFollowing);
    const again = await world.follow(quiet);
    const [name] = await world.publish(...many(1));
    expect(await again.until(1)).toEqual([name]);
    await quiet.stop();
  });

  it('a slow client its stream: it is ended with the cursor to go on from', async () => {
    const small = await world.replica({ recent: { events: 50, bytes: 1_000_000 }, heartbeatMs: 50 });
    const headers = Object.entries(await world.headers()).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect(Number(new URL(small.url).port), '127.0.0.1');
    socket.write(`GET /v1/events HTTP/1.1\r\nhost: x\r\n${headers.join('')}\r\n`);
    await new Promise((resolve) => socket.once('readable', resolve));
    const all: string[] = [];
    while (small.feed.streams > 0) all.push(...(await world.publish(...many(2_000))));
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    await eventually(() => text.includes('event: close'));
    const cursor = /"code":"SLOW_CONSUMER","cursor":"([^"]+)"/.exec(text)![1]!;
    const seen = [...text.matchAll(/"stream":"([^"]+)","version":(\d+)/g)].map(
      ([, stream, version]) => `${stream}@${version}`,
    );
    const rest = await world.follow(one, `?after=${cursor}`);
    await rest.until(all.length - seen.length);
    expect([...seen, ...rest.names].sort()).toEqual([...all].sort());
    socket.destroy();
    await small.stop();
  });

  it('no more than its time', async () => {
    const brief = await world.replica({ longestMs: 50 });
    const client = await world.follow(brief);
    await eventually(() => client.isOver);
    expect(client.farewell).toEqual({ code: 'TIME_LIMIT', cursor: client.lastId });
    await brief.stop();
  });
});
