import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { startSystem, type RunningSystem } from '../local/system/start-system';
import { ApiClient } from './api-client';
import { createProject, createWorkItem, followWork } from './creating';
import { Narrator } from './narrator';
import { countAuditRecords, readResult, rebuildReadModel, showHistory } from './reading';

const narrator = new Narrator();

async function main(): Promise<void> {
  const repositoryUrl = readRepository();
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
  process.once('disconnect', () => ending.abort());
  process.channel?.unref();
  const system = await narrator.chapter('Starting PostgreSQL, Kafka and every service', () =>
    startSystem({ root: process.cwd(), stateDir: '.local/demo', fresh: true, port: 0, signal: ending.signal }),
  );
  try {
    await Promise.race([tell(system, repositoryUrl), aborted(ending.signal)]);
  } finally {
    await narrator.chapter('Stopping everything', () => system.stop());
  }
  narrator.summary();
}

async function tell(system: RunningSystem, repositoryUrl: string): Promise<void> {
  const { gatewayUrl, apiKeys } = system.contents();
  const api = new ApiClient(gatewayUrl, apiKeys.admin, `demo-${uuidv7()}`);
  const projectId = await narrator.chapter(`A project for ${repositoryUrl}`, () =>
    createProject(api, narrator, repositoryUrl),
  );
  const items = await narrator.chapter('Three work items; the third depends on the other two', () =>
    createItems(api, { projectId, repositoryUrl }),
  );
  await narrator.chapter('The agent claims and runs them', async () => {
    const ended = await followWork(api, narrator, items);
    const failed = ended.find(({ state }) => state !== 'completed');
    if (failed) throw new Error(`${failed.title} is ${failed.state}: ${failed.error?.code} ${failed.error?.message}`);
  });
  await narrator.chapter('A fourth one with a bad recipe is refused and undone', async () => {
    const toolRecipe = { steps: [{ tool: 'repository.paint', with: { colour: 'blue' } }] };
    const { id } = await createWorkItem(api, narrator, { projectId, wish: { title: 'Paint it', toolRecipe } });
    const [undone] = await followWork(api, narrator, [id]);
    narrator.good(`the item is ${undone?.state}: ${undone?.error?.code} ${undone?.error?.message}`);
  });
  await narrator.chapter('The result', () => readResult(api, narrator, items[0]!));
  await narrator.chapter('The history of one item, across all services', () => showHistory(api, narrator, items[2]!));
  await narrator.chapter('A read model, built anew from Kafka', () => rebuildReadModel(api, narrator, 'work_items'));
  await narrator.chapter('The audit trail', () => countAuditRecords(api, narrator));
}

async function createItems(
  api: ApiClient,
  { projectId, repositoryUrl }: { readonly projectId: string; readonly repositoryUrl: string },
): Promise<readonly string[]> {
  const create = async (title: string, step: { tool: string; with: unknown }, dependsOn: readonly string[] = []) => {
    const wish = { title, toolRecipe: { steps: [step] }, dependsOn };
    return (await createWorkItem(api, narrator, { projectId, wish })).id;
  };
  const map = await create('Map the repository', { tool: 'repository.analyze', with: { repositoryUrl } });
  const refs = await create('List its branches', {
    tool: 'process.run',
    with: { command: 'git', args: ['ls-remote', '--heads', repositoryUrl] },
  });
  const last = await create('Say that both are done', { tool: 'noop', with: {} }, [map, refs]);
  return [map, refs, last];
}

function readRepository(): string {
  const { values } = parseArgs({ options: { repo: { type: 'string', default: '.' } } });
  const isUrl = /^(https|ssh|file):\/\//.test(values.repo) || /^[\w.-]+@[\w.-]+:/.test(values.repo);
  return isUrl ? values.repo : pathToFileURL(resolve(values.repo)).href;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
