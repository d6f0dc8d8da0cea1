import { routeTable } from './route-table';

describe('the route table', () => {
  it('has each route once', () => {
    const lines = routeTable.map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ':')}`);
    expect(lines.toSorted()).toEqual([...new Set(lines)].toSorted());
  });

  it('leads nowhere but to /v1 and /graphql', () => {
    expect(routeTable.filter(({ path }) => !/^\/(?:v1\/|graphql$)/.test(path))).toEqual([]);
  });

  it('asks for a role everywhere', () => {
    expect(routeTable.filter(({ roles }) => roles.length === 0)).toEqual([]);
  });

  it('lets auditors read only, but for their reports', () => {
    const writes = routeTable.filter(({ method, roles }) => method !== 'GET' && roles.includes('auditor'));
    expect(writes.map(({ path }) => path)).toEqual(['/v1/audit/reports', '/graphql']);
  });

  it('keeps agents to the agents API', () => {
    const paths = routeTable.filter(({ roles }) => roles.includes('agent')).map(({ path }) => path);
    expect(paths.filter((path) => !/^\/v1\/(?:agents|runs)\b/.test(path))).toEqual([]);
  });

  it('repeats only what is safe', () => {
    const queries = routeTable.filter(({ kind, path }) => kind === 'query' && path !== '/graphql');
    expect(queries.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
