import fastify, { type FastifyInstance } from 'fastify';
import { messageTypes, topicOf } from './catalogue';
import { lockIds, registerCatalogue } from './schema-registry';
import { schemaEntries } from './schemas.gen';

/** The part of a schema registry's API that matters here, with global ids by content as the real one has. */
function registry() {
  const server = fastify();
  const subjects = new Map<string, string[]>();
  const levels = new Map<string, string>();
  const ids: string[] = [];
  const state = { server, subjects, levels, ids, answer: 200, authorization: undefined as string | undefined };
  server.addContentTypeParser(/^application\/.*json/, { parseAs: 'string' }, (_, body, done) =>
    done(null, JSON.parse(String(body))),
  );
  server.addHook('onRequest', async (request, reply) => {
    state.authorization = request.headers.authorization;
    if (state.answer !== 200 && request.method === 'POST')
      return reply.code(state.answer).send({ error_code: state.answer, message: 'no' });
    return undefined;
  });
  server.post<{ Params: { subject: string }; Body: { schema: string } }>(
    '/subjects/:subject/versions',
    async (request) => {
      const { schema } = request.body;
      const known = subjects.get(request.params.subject) ?? [];
      subjects.set(request.params.subject, known.includes(schema) ? known : [...known, schema]);
      if (!ids.includes(schema)) ids.push(schema);
      return { id: 1000 + ids.indexOf(schema) };
    },
  );
  server.get<{ Params: { subject: string } }>('/config/:subject', async (request, reply) => {
    const level = levels.get(request.params.subject);
    return level ? { compatibilityLevel: level } : reply.code(404).send({ error_code: 40401, message: 'not found' });
  });
  server.put<{ Params: { subject: string }; Body: { compatibility: string } }>('/config/:subject', async (request) => {
    levels.set(request.params.subject, request.body.compatibility);
    return request.body;
  });
  return state;
}

describe('schema registry', () => {
  let state: ReturnType<typeof registry>;
  let url: string;

  beforeEach(async () => {
    state = registry();
    url = await listen(state.server);
  });
  afterEach(() => state.server.close());

  it('gets every schema under topic and record name, fully and transitively compatible', async () => {
    await registerCatalogue({ url });
    const expected = messageTypes.flatMap((entry) =>
      entry.kind === 'reply'
        ? ['agent', 'notification', 'project', 'scheduler', 'system', 'work-item'].map(
            (c) => `${c}.replies.v1-${entry.fullName}`,
          )
        : [`${topicOf({ kind: entry.kind, type: entry.name })}-${entry.fullName}`],
    );
    expect([...state.subjects.keys()].sort()).toEqual(expected.sort());
    expect(new Set(state.levels.values())).toEqual(new Set(['FULL_TRANSITIVE']));
    expect([...state.levels.keys()].sort()).toEqual(expected.sort());
  });

  it('gives the ids to write on the wire', async () => {
    const wire = await registerCatalogue({ url });
    const entry = schemaEntries.find(({ name }) => name === 'TaskReady')!;
    expect(wire.wireIdOf(entry.id, 'scheduler.events.v1')).toBe(1000 + state.ids.indexOf(entry.avro));
    expect(() => wire.wireIdOf(entry.id, 'project.events.v1')).toThrow(
      expect.objectContaining({ kind: 'poison' }) as Error,
    );
    expect(lockIds.wireIdOf(entry.id, 'scheduler.events.v1')).toBe(entry.id);
  });

  it('may be filled again, with the same outcome', async () => {
    const [first, second] = [await registerCatalogue({ url }), await registerCatalogue({ url })];
    const entry = schemaEntries[0]!;
    const topic = topicOf({ kind: entry.kind, type: entry.name });
    expect(second.wireIdOf(entry.id, topic)).toBe(first.wireIdOf(entry.id, topic));
    expect([...state.subjects.values()].every((versions) => versions.length === 1)).toBe(true);
  });

  it('takes older versions first', async () => {
    const [entry] = schemaEntries;
    const older = {
      ...entry!,
      id: 1,
      current: false,
      avro: JSON.stringify({ ...(JSON.parse(entry!.avro) as object), doc: 'older' }),
    };
    await registerCatalogue({ url, entries: [{ ...entry!, id: 2 }, older] });
    expect([...state.subjects.values()]).toEqual([[older.avro, entry!.avro]]);
  });

  it('is asked with the user and password of the URL', async () => {
    await registerCatalogue({ url: url.replace('http://', 'http://ada:s%3Acret@') });
    expect(state.authorization).toBe(`Basic ${Buffer.from('ada:s:cret').toString('base64')}`);
  });

  it.each([409, 422, 403])('that answers %d is a refusal', async (status) => {
    state.answer = status;
    await expect(registerCatalogue({ url })).rejects.toMatchObject({ kind: 'poison', code: 'SCHEMA_REFUSED' });
  });

  it('that is broken or away is a reason to try again', async () => {
    state.answer = 503;
    await expect(registerCatalogue({ url })).rejects.toMatchObject({ kind: 'transient' });
    await state.server.close();
    await expect(registerCatalogue({ url })).rejects.toMatchObject({ kind: 'transient' });
  });
});

async function listen(server: FastifyInstance): Promise<string> {
  return server.listen({ port: 0, host: '127.0.0.1' });
}
