import type { ApiClient } from './api-client';
import type { Narrator } from './narrator';
import type { CreatedItem, Process, Receipt, WorkItem } from './views';

const PATIENCE_MS = 30_000;
const MARKS: Readonly<Record<string, string>> = {
  pending: '·',
  running: '…',
  done: '✓',
  failed: '✗',
  compensated: '↺',
  skipped: '–',
};

/** A project for the repository, with a vision and a quota. */
export async function createProject(api: ApiClient, narrator: Narrator, repositoryUrl: string): Promise<string> {
  const project = { name: 'Know the repository', description: 'Made by npm run demo', repositoryUrl };
  const { body } = await api.post<Receipt>('/v1/projects', project);
  narrator.good(`POST /v1/projects                ${body.events.join(', ')}  ${body.id}`);
  const statement = 'Every team knows what is in its repository before an agent changes it.';
  const vision = await api.put<Receipt>(`/v1/projects/${body.id}/vision`, { statement });
  narrator.good(`PUT  /v1/projects/{id}/vision    ${vision.body.events.join(', ')}`);
  const quota = await api.put<Receipt>(`/v1/projects/${body.id}/quota`, { maxOpenWorkItems: 10, maxConcurrentRuns: 4 });
  narrator.good(`PUT  /v1/projects/{id}/quota     ${quota.body.events.join(', ')}`);
  return body.id;
}

export interface ItemWish {
  readonly title: string;
  readonly toolRecipe: { readonly steps: readonly { readonly tool: string; readonly with: unknown }[] };
  readonly dependsOn?: readonly string[];
}

/** Creates a work item and shows each step of its creation process as it happens. */
export async function createWorkItem(
  api: ApiClient,
  narrator: Narrator,
  { projectId, wish }: { readonly projectId: string; readonly wish: ItemWish },
): Promise<CreatedItem> {
  const { body, status } = await api.post<CreatedItem>(`/v1/projects/${projectId}/work-items`, wish);
  narrator.line(`${wish.title}: ${status}, work item ${body.id}`);
  const shown = new Map<string, string>();
  const startedAt = performance.now();
  const process = await api.until<Process>(
    `/v1/processes/${body.processId}`,
    (seen) => {
      showChanges(narrator, seen, { shown, startedAt });
      return seen.status !== 'running' && seen.status !== 'compensating';
    },
    PATIENCE_MS,
  );
  narrator.line(`    the process is ${process.status}`);
  return body;
}

/** Follows work items until each has ended; shows every state as it is seen. */
export async function followWork(
  api: ApiClient,
  narrator: Narrator,
  ids: readonly string[],
): Promise<readonly WorkItem[]> {
  const shown = new Map<string, string>();
  const startedAt = performance.now();
  const follow = (id: string) =>
    api.until<WorkItem>(
      `/v1/work-items/${id}`,
      (item) => {
        if (shown.get(id) !== item.state) narrator.line(`${since(startedAt)}  ${item.title}: ${item.state}`);
        shown.set(id, item.state);
        return ['completed', 'failed', 'cancelled', 'deleted'].includes(item.state);
      },
      4 * PATIENCE_MS,
    );
  return Promise.all(ids.map(follow));
}

function showChanges(
  narrator: Narrator,
  process: Process,
  { shown, startedAt }: { readonly shown: Map<string, string>; readonly startedAt: number },
): void {
  for (const { name, status, error } of process.steps) {
    if (status === 'pending' || shown.get(name) === status) continue;
    shown.set(name, status);
    const reason = error === null ? '' : `  ${error.code}: ${error.message}`;
    narrator.line(`    ${since(startedAt)}  ${MARKS[status] ?? '!'} ${name.padEnd(20)} ${status}${reason}`);
  }
}

function since(startedAt: number): string {
  return `${Math.round(performance.now() - startedAt)
    .toString()
    .padStart(5)} ms`;
}
