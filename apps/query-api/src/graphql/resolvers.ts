import { GraphQLScalarType, Kind, valueFromASTUntyped, type GraphQLResolveInfo } from 'graphql';
import { validationFailed } from '@codex/platform';
import { findAgents, listAgents } from '../queries/agent.queries';
import { findProcesses, listProcesses } from '../queries/process.queries';
import { findProjects, listProjects } from '../queries/project.queries';
import { findRuns, listRuns } from '../queries/run.queries';
import { nodeTypeOf, readStats } from '../queries/stats.queries';
import { findWorkItems, listWorkItems } from '../queries/work-item.queries';
import {
  connection,
  firstOf,
  idOf,
  labelsOf,
  listRequest,
  optionalIdOf,
  textOf,
  type PageArguments,
} from './arguments';
import type { GraphqlContext } from './graphql-context';
import { workItemFieldsFor } from './loaders';
import { fieldsAt } from './selection';

type Finder = (sql: GraphqlContext['pool'], tenantId: string, ids: readonly string[]) => Promise<readonly object[]>;
type Filters = Readonly<Record<string, string | null | undefined>>;

const finders: Readonly<Record<string, Finder>> = {
  Project: findProjects,
  WorkItem: findWorkItems,
  Run: findRuns,
  Agent: findAgents,
  Process: findProcesses,
};

const one =
  (find: Finder) =>
  async (_root: unknown, args: { id: string }, { pool, caller }: GraphqlContext) =>
    (await find(pool, caller.tenantId, [idOf(args.id)]))[0] ?? null;

async function node(_root: unknown, args: { id: string }, { pool, caller }: GraphqlContext): Promise<object | null> {
  const id = idOf(args.id);
  const type = await nodeTypeOf(pool, caller.tenantId, id);
  if (type === undefined) return null;
  const [found] = await finders[type]!(pool, caller.tenantId, [id]);
  return found === undefined ? null : { __typename: type, ...found };
}

async function projects(_root: unknown, args: PageArguments, { pool, caller }: GraphqlContext) {
  return connection(await listProjects(pool, listRequest(caller.tenantId, args)), args);
}

async function workItems(
  _root: unknown,
  args: PageArguments & Filters,
  { pool, caller }: GraphqlContext,
  info: GraphQLResolveInfo,
) {
  const projectId = optionalIdOf(args.projectId, 'projectId');
  const filter = { projectId, state: textOf(args.state, 'state'), labels: labelsOf(args.label) };
  const fields = workItemFieldsFor(fieldsAt(info, ['edges', 'node']));
  return connection(await listWorkItems(pool, listRequest(caller.tenantId, args), filter, fields), args);
}

async function runs(_root: unknown, args: PageArguments & Filters, { pool, caller }: GraphqlContext) {
  const workItemId = optionalIdOf(args.workItemId, 'workItemId');
  const agentId = optionalIdOf(args.agentId, 'agentId');
  const filter = { workItemId, agentId, status: textOf(args.status, 'status') };
  return connection(await listRuns(pool, listRequest(caller.tenantId, args), filter), args);
}

async function agents(_root: unknown, args: PageArguments, { pool, caller }: GraphqlContext) {
  return connection(await listAgents(pool, listRequest(caller.tenantId, args)), args);
}

async function processes(_root: unknown, args: PageArguments & Filters, { pool, caller }: GraphqlContext) {
  const filter = { status: textOf(args.status, 'status'), definition: textOf(args.definition, 'definition') };
  return connection(await listProcesses(pool, listRequest(caller.tenantId, args), filter), args);
}

async function queue(_root: unknown, args: PageArguments & Filters, { runQueue, request }: GraphqlContext) {
  const query = new URLSearchParams({ first: String(firstOf(args)) });
  const projectId = optionalIdOf(args.projectId, 'projectId');
  if (projectId !== undefined) query.set('projectId', projectId);
  return runQueue.queue(`?${query.toString()}`, request);
}

const stats = (_root: unknown, _args: unknown, { pool, caller }: GraphqlContext) => readStats(pool, caller.tenantId);

const dateTime = new GraphQLScalarType({
  name: 'DateTime',
  description: 'RFC 3339 in UTC with milliseconds',
  serialize: (value) => (value instanceof Date ? value.toISOString() : value),
  parseValue: parseDate,
  parseLiteral: (ast) => parseDate(ast.kind === Kind.STRING ? ast.value : undefined),
});

const json = new GraphQLScalarType({
  name: 'JSON',
  description: 'Any JSON value',
  parseValue: (value) => value,
  parseLiteral: valueFromASTUntyped,
});

function parseDate(value: unknown): Date {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw validationFailed({ path: '', message: 'must be an RFC 3339 time' });
  return date;
}

/** Everything that is not reached from a parent in batches; those are the loaders. */
export const resolvers = {
  DateTime: dateTime,
  JSON: json,
  Query: {
    node,
    projects,
    workItems,
    runs,
    agents,
    processes,
    queue,
    stats,
    project: one(findProjects),
    workItem: one(findWorkItems),
    run: one(findRuns),
    agent: one(findAgents),
    process: one(findProcesses),
  },
};
