import { getIntrospectionQuery } from 'graphql';
import { ReadWorld } from './read-world';

const nested = (depth: number): string => (depth === 0 ? 'id' : `id workItem { runs { ${nested(depth - 1)} } }`);
const repeated = (count: number, field: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => field(index)).join(' ');
const laughs = repeated(
  20,
  (index) => `fragment f${index} on Query { ${index === 19 ? '__typename' : `...f${index + 1} ...f${index + 1}`} }`,
);
const introspection = (depth: number): string =>
  depth === 0 ? 'name' : `fields { type { ${introspection(depth - 1)} } }`;

describe('hostile GraphQL', () => {
  let world: ReadWorld;

  beforeAll(async () => {
    world = await ReadWorld.create();
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it.each([
    ['text that is no GraphQL', '{ projects('],
    ['an unknown field', '{ secrets }'],
    ['a mutation', 'mutation { deleteAll }'],
    ['two operations without a name', 'query a { stats { projects } } query b { stats { projects } }'],
    [
      'a page of a page of a page',
      '{ projects(first: 200) { edges { node { workItems(first: 200) { edges { node { id } } } } } } }',
    ],
    ['depth', `{ runs { edges { node { ${nested(9)} } } } }`],
    ['one field under many names', `{ ${repeated(60, (index) => `a${index}: stats { projects }`)} }`],
    ['one costly field under some names', `{ ${repeated(40, (index) => `a${index}: stats { projects }`)} }`],
    ['one nested field under many names', `{ stats { ${repeated(2_100, (index) => `a${index}: projects`)} } }`],
    ['too many words', `{ stats { ${'projects '.repeat(5_200)} } }`],
    ['fragments that multiply', `{ ...f0 } ${laughs}`],
    ['a fragment that spreads itself', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'],
    ['introspection without end', `{ __schema { types { ${introspection(4)} } } }`],
    ['a page that is too long', '{ projects(first: 201) { edges { cursor } } }'],
    ['a negative page', '{ projects(first: -1) { edges { cursor } } }'],
    ['a cursor that is none', '{ projects(after: "x") { edges { cursor } } }'],
    ['an id that is none', '{ project(id: "1") { id } }'],
    ['text that no column can hold', '{ workItems(state: "a\\u0000") { edges { cursor } } }'],
    ['a label without a value', '{ workItems(label: "a") { edges { cursor } } }'],
  ])('with %s is refused with the code of the contract', async (_, query) => {
    // The second time it is compiled, the third time the compiled query runs.
    for (let turn = 0; turn < 3; turn++) {
      const answer = await world.graphql(query);
      expect([200, 400]).toContain(answer.status);
      expect(answer.body.errors.length).toBeGreaterThan(0);
      for (const error of answer.body.errors) expect(error.extensions).toEqual({ code: 'VALIDATION_FAILED' });
      expect(JSON.stringify(answer.body)).not.toMatch(/select |node_modules|at .+\.[jt]s:/);
    }
  });

  it('is refused before any of it runs', async () => {
    const bomb = `{ ${repeated(60, (index) => `a${index}: stats { projects }`)} }`;
    expect(await world.statementsOf(() => world.graphql(bomb))).toBe(0);
  });

  it('in variables is refused too', async () => {
    const query =
      'query ($first: Int!) { projects(first: $first) { edges { node { workItems(first: 100) { edges { node { id } } } } } } }';
    expect((await world.graphql(query, { first: 5 })).body.errors).toBeUndefined();
    expect((await world.graphql(query, { first: 200 })).body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
    expect((await world.graphql(query, { first: 'x' })).body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
    expect((await world.graphql(query, {})).body.errors[0].extensions.code).toBe('VALIDATION_FAILED');
  });

  it('leaves introspection by usual tools alone', async () => {
    const { body } = await world.graphql(getIntrospectionQuery());
    expect(body.errors).toBeUndefined();
    const names = body.data.__schema.types.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['Project', 'WorkItem', 'Run', 'Agent', 'Process', 'Artifact', 'HistoryEvent']),
    );
  });

  it('as anything but a query in a body answers 400', async () => {
    for (const body of [
      { query: 1 },
      { query: '' },
      { query: '{ stats { projects } }', more: true },
      { variables: {} },
    ]) {
      const { status, body: answer } = await world.post('/graphql', body);
      expect({ status, code: answer.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    }
  });

  it('says only that something went wrong when it did', async () => {
    await world.pool.query('alter view project.projects rename to hidden');
    const { body } = await world.graphql('{ projects { edges { cursor } } }');
    await world.pool.query('alter view project.hidden rename to projects');
    expect(body.errors).toEqual([
      {
        message: 'Something went wrong inside',
        extensions: { code: 'INTERNAL_ERROR' },
        path: ['projects'],
        locations: expect.anything(),
      },
    ]);
  });
});
