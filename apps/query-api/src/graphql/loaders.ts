import { historyCursor, listHistories } from '../queries/history.queries';
import type { AgentView } from '../queries/agent.queries';
import { findAgents } from '../queries/agent.queries';
import { findProcesses, type ProcessView } from '../queries/process.queries';
import { findProjects, type ProjectView } from '../queries/project.queries';
import { findRunsOf, type RunView } from '../queries/run.queries';
import { countWorkItems } from '../queries/stats.queries';
import {
  allWorkItemFields,
  findWorkItems,
  listWorkItemsOfProjects,
  type ArtifactView,
  type WorkItemField,
  type WorkItemView,
} from '../queries/work-item.queries';
import { batched, type Wish } from './batched';
import { connection, listRequest, textOf, type PageArguments } from './arguments';
import type { GraphqlContext } from './graphql-context';

type FindByIds<View> = (
  pool: GraphqlContext['pool'],
  tenantId: string,
  ids: readonly string[],
) => Promise<readonly View[]>;

/** One statement for all parents: collects their ids, finds the things, hands each parent its own. */
function byId<Parent, View extends { readonly id: string }>(
  find: FindByIds<View>,
  idOf: (parent: Parent) => string | null,
) {
  return async (wishes: readonly Wish<Parent>[], { pool, caller }: GraphqlContext): Promise<(View | null)[]> => {
    const ids = wishes.map(({ obj }) => idOf(obj));
    const known = [...new Set(ids.filter((id) => id !== null))];
    const found = new Map((await find(pool, caller.tenantId, known)).map((view) => [view.id, view]));
    return ids.map((id) => (id === null ? null : (found.get(id) ?? null)));
  };
}

async function runsOf(wishes: readonly Wish<WorkItemView>[], { pool, caller }: GraphqlContext): Promise<RunView[][]> {
  const runs = await findRunsOf(pool, caller.tenantId, [...new Set(wishes.map(({ obj }) => obj.id))]);
  const byItem = Map.groupBy(runs, ({ workItemId }) => workItemId);
  return wishes.map(({ obj }) => byItem.get(obj.id) ?? []);
}

async function lastRunOf(wishes: readonly Wish<WorkItemView>[], context: GraphqlContext): Promise<(RunView | null)[]> {
  return (await runsOf(wishes, context)).map(([last]) => last ?? null);
}

async function dependenciesOf(wishes: readonly Wish<WorkItemView>[], { pool, caller }: GraphqlContext) {
  const ids = [...new Set(wishes.flatMap(({ obj }) => obj.dependsOn))];
  const found = new Map((await findWorkItems(pool, caller.tenantId, ids)).map((item) => [item.id, item]));
  return wishes.map(({ obj }) => obj.dependsOn.flatMap((id) => found.get(id) ?? []));
}

async function historyOf(wishes: readonly Wish<WorkItemView, PageArguments>[], { pool, caller }: GraphqlContext) {
  const pages = wishes.map(({ obj, params }) => {
    const { first, after } = listRequest(caller.tenantId, params, historyCursor.decode);
    return { parentId: obj.id, first, after };
  });
  const histories = await listHistories(pool, caller.tenantId, pages);
  return histories.map((page, index) => connection(page, wishes[index]!.params));
}

async function workItemsOf(
  wishes: readonly Wish<ProjectView, PageArguments & { state?: string | null }>[],
  { pool, caller }: GraphqlContext,
) {
  const pages = wishes.map(({ obj, params }) => {
    const { first, after } = listRequest(caller.tenantId, params);
    return { parentId: obj.id, first, after, filter: textOf(params.state, 'state') };
  });
  const lists = await listWorkItemsOfProjects(pool, caller.tenantId, pages);
  return lists.map((page, index) => connection(page, wishes[index]!.params));
}

async function countsOf(wishes: readonly Wish<ProjectView>[], { pool, caller }: GraphqlContext) {
  const counts = await countWorkItems(pool, caller.tenantId, [...new Set(wishes.map(({ obj }) => obj.id))]);
  return wishes.map(({ obj }) => counts.get(obj.id) ?? []);
}

function artifactsOf(item: WorkItemView): object[] {
  const path = ({ id }: ArtifactView) => `/v1/work-items/${item.id}/artifacts/${id}`;
  return item.artifacts.map((artifact) => ({ ...artifact, path: path(artifact) }));
}

/** What the loaders of a work item read of it. */
const READ_BY: Readonly<Record<string, WorkItemField>> = { project: 'projectId', dependencies: 'dependsOn' };

/** What must be read of a work item for a query that asks for `asked`. */
export function workItemFieldsFor(asked: ReadonlySet<string>): ReadonlySet<WorkItemField> {
  const fields = [...asked].map((name) => READ_BY[name] ?? name);
  return new Set((fields as WorkItemField[]).filter((field) => allWorkItemFields.has(field)));
}

/** Fields that are loaded for all parents of a level at once. */
export const loaders = {
  Project: { workItems: batched(workItemsOf), workItemCounts: batched(countsOf) },
  WorkItem: {
    project: batched(byId<WorkItemView, ProjectView>(findProjects, (item) => item.projectId)),
    creation: batched(byId<WorkItemView, ProcessView>(findProcesses, (item) => item.creation.processId)),
    runs: batched(runsOf),
    lastRun: batched(lastRunOf),
    history: batched(historyOf),
    dependencies: batched(dependenciesOf),
    artifacts: artifactsOf,
  },
  Run: {
    workItem: batched(byId<RunView, WorkItemView>(findWorkItems, (run) => run.workItemId)),
    agent: batched(byId<RunView, AgentView>(findAgents, (run) => run.agentId)),
  },
  Process: { workItem: batched(byId<ProcessView, WorkItemView>(findWorkItems, (process) => process.workItemId)) },
};
