import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createInterface } from 'node:readline';
import { join, resolve } from 'node:path';
import { codec } from '@codex/contracts';
import { kafkajsDriver, outgoingRecord, type KafkaProducer } from '@codex/kafka-messaging';
import { INTERNAL_TOKEN_HEADER, InternalTokenIssuer } from '@codex/platform';
import { createTestDatabase, createTestTopics, eventually, serverAddresses, type TestDatabase } from '@codex/testing';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { SlowProjectorArguments } from './slow-projector';

interface Answer {
  readonly rebuild: { readonly done: number; readonly percent: number; readonly [field: string]: unknown };
  readonly generations: readonly object[];
}

const ROOT = resolve(__dirname, '../../..');
const STREAMS = 40;
/** Several batches for each of two consumers, so that a kill after the first leaves most of it undone. */
const VERSIONS = 750;
const EVENTS = STREAMS * VERSIONS;

jest.setTimeout(180_000);

describe('a rebuild through the API', () => {
  const children: ChildProcess[] = [];
  const ids = Array.from({ length: STREAMS }, () => uuidv7());
  let database: TestDatabase;
  let topics: Awaited<ReturnType<typeof createTestTopics<'project.events.v1'>>>;
  let producer: KafkaProducer;
  let reader: Client;
  let issuer: InternalTokenIssuer;
  let publicKey: SlowProjectorArguments['publicKey'];
  let url: string;

  beforeAll(async () => {
    [database, topics] = await Promise.all([
      createTestDatabase('projector_rebuild'),
      createTestTopics(['project.events.v1'], { partitions: 2 }),
    ]);
    const { privateKey } = generateKeyPairSync('ed25519');
    const { x, d } = privateKey.export({ format: 'jwk' }) as { x: string; d: string };
    publicKey = { kty: 'OKP', crv: 'Ed25519', x };
    issuer = new InternalTokenIssuer({ ...publicKey, d });
    producer = kafkajsDriver({ brokers: serverAddresses().kafkaBrokers, clientId: 'rebuild-spec' }).producer();
    for (const id of ids) await producer.send(Array.from({ length: VERSIONS }, (_, index) => event(id, index + 1)));
    reader = new Client({ connectionString: database.url });
    await reader.connect();
    url = await startProjector();
    await eventually(async () => expect(await stored(1)).toBe(EVENTS), { timeoutMs: 60_000 });
  });

  afterAll(async () => {
    await Promise.all(children.map((child) => killed(child)));
    await reader.end();
    await producer.close();
    await Promise.all([database.dispose(), topics.dispose()]);
  });

  it('shows how far it is and how long it takes, goes on by itself after a kill, and can be returned from', async () => {
    expect(await call('POST', '/projects/rebuild')).toMatchObject({ status: 202, body: { generation: 2 } });
    const half = await eventually(
      async () => {
        const { body } = await call('GET', '/projects');
        expect(body.rebuild).toMatchObject({ phase: 'filling', generation: 2, total: EVENTS });
        expect(body.rebuild.percent).toBeGreaterThan(0);
        expect(body.rebuild.ratePerSecond).toBeGreaterThan(0);
        expect(body.rebuild.secondsLeft).toBeGreaterThan(0);
        return body.rebuild;
      },
      { timeoutMs: 60_000, description: 'a rebuild that is under way' },
    );
    expect(half.percent).toBe(Math.floor((1000 * half.done) / EVENTS) / 10);
    await killed(children.pop()!);
    const before = await stored(2);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(EVENTS);

    url = await startProjector();
    const extra = uuidv7();
    await producer.send([event(extra, 1)]);
    const view = await eventually(
      async () => {
        expect(await stored(2)).toBeGreaterThanOrEqual(before);
        const { body } = await call('GET', '/projects');
        expect(body.rebuild.phase).toBe('swapped');
        return body;
      },
      { timeoutMs: 90_000, description: 'the rebuild is taken up again' },
    );
    expect(view.rebuild).toMatchObject({ generation: 2, percent: 100, secondsLeft: null, report: { equal: true } });
    await eventually(async () => expect(await countOf('project.projects')).toBe(STREAMS + 1));
    expect(await live()).toBe(2);

    const returned = await call('POST', '/projects/return');
    expect(returned.status).toBe(200);
    expect(returned.body.generations).toMatchObject([
      { generation: 1, state: 'live' },
      { generation: 2, state: 'previous' },
    ]);
    expect(await live()).toBe(1);
    await producer.send([event(extra, 2)]);
    await eventually(async () => expect(await countOf('project.projects where version = 2')).toBe(1));
    expect((await call('POST', '/projects/return', ['auditor'])).status).toBe(403);
    expect((await call('POST', '/nothing/return')).status).toBe(404);
  });

  async function startProjector(): Promise<string> {
    const { kafkaBrokers } = serverAddresses();
    const about: SlowProjectorArguments = {
      ...{ databaseUrl: database.url, kafkaBrokers, topic: topics.topics['project.events.v1'], publicKey },
      eventTakesMs: 0.25,
    };
    const entry = [join(ROOT, 'tools/run-ts.cjs'), 'apps/projector/test/slow-projector.ts', JSON.stringify(about)];
    const child = spawn(process.execPath, entry, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    for await (const line of createInterface({ input: child.stdout! })) if (line.startsWith('http')) return line;
    throw new Error('the projector did not start');
  }

  function event(projectId: string, version: number) {
    const type = version === 1 ? 'ProjectCreated' : 'ProjectDetailsChanged';
    const details = { projectId, name: `Name ${version}`, description: null, repositoryUrl: null };
    const body = codec.encode(
      type,
      version === 1 ? { ...details, createdBy: 'key' } : { ...details, changedBy: 'key' },
    );
    const metadata = { messageId: uuidv7(), commandId: 'c', correlationId: 'c', causationId: 'c', actor: 'key' };
    const about = { kind: 'event', stream: `Project-${projectId}`, version, type } as const;
    const recordedAt = new Date().toISOString();
    return outgoingRecord(
      { ...about, ...body, tenantId: '0190b6f0-0000-7000-8000-00000000000a', recordedAt, metadata },
      { topicOf: () => topics.topics['project.events.v1'], source: 'project', schemaNameOf: () => 'spec' },
    );
  }

  async function call(method: 'GET' | 'POST', path: string, roles: readonly string[] = ['operator']) {
    const token = await issuer.tokenFor({ actor: 'spec', tenantId: uuidv7(), roles });
    const headers = { [INTERNAL_TOKEN_HEADER]: token };
    const answer = await fetch(`${url}/v1/operations/projections${path}`, { method, headers });
    return { status: answer.status, body: (await answer.json()) as Answer };
  }

  async function stored(generation: number): Promise<number> {
    const { rows } = await reader.query(
      'select coalesce(sum(next_offset), 0)::int as n from inbox.offsets where consumer_group = $1',
      [`projector.projects.g${generation}`],
    );
    return rows[0].n as number;
  }

  async function live(): Promise<number> {
    const { rows } = await reader.query(`select generation from projections.generations where state = 'live'`);
    return rows[0].generation as number;
  }

  async function countOf(table: string): Promise<number> {
    return (await reader.query(`select count(*)::int as n from ${table}`)).rows[0].n as number;
  }
});

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((done) => child.once('exit', done));
  child.kill('SIGKILL');
  await exit;
}
