import { buildSchema, graphqlSync } from 'graphql';
import { fieldsAt } from './selection';

const schema = buildSchema(`
  type Query { list(first: Int): Connection! }
  type Connection { edges: [Edge!]! }
  type Edge { node: Node!, cursor: String }
  type Node { id: ID, title: String, state: String, labels: String }
`);

function fieldsOf(query: string, variableValues: Record<string, unknown> = {}): string[][] {
  const seen: string[][] = [];
  schema.getQueryType()!.getFields()['list']!.resolve = (_root, _args, _context, info) => {
    seen.push([...fieldsAt(info, ['edges', 'node'])].toSorted());
    return { edges: [] };
  };
  expect(graphqlSync({ schema, source: query, variableValues }).errors).toBeUndefined();
  return seen;
}

describe('fields that a query asks for', () => {
  it.each([
    ['plainly', '{ list { edges { node { id title } cursor } } }', ['id', 'title']],
    ['under other names', '{ l: list { e: edges { n: node { id t: title } } } }', ['id', 'title']],
    [
      'in fragments',
      '{ list { ...C } } fragment C on Connection { edges { node { ... on Node { state } id } } }',
      ['id', 'state'],
    ],
    ['in parts', '{ list { edges { node { id } } edges { node { labels } } } }', ['id', 'labels']],
    ['not at all', '{ list { edges { cursor } } }', []],
  ])('%s', (_how, query, fields) => expect(fieldsOf(query)).toEqual([fields]));

  it('count when a directive may leave them out', () => {
    const query = 'query($no: Boolean!) { list { edges { node { id title @include(if: $no) } } } }';
    expect(fieldsOf(query, { no: false })).toEqual([['id', 'title']]);
  });

  it('are those of each use', () => {
    const query = '{ a: list { edges { node { id } } } b: list(first: 1) { edges { node { title } } } }';
    expect(fieldsOf(query)).toEqual([['id'], ['title']]);
  });
});
