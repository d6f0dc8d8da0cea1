import { eventually } from '@codex/testing';
import type { FaultSystem } from '../system/fault-system';

const PATIENCE_MS = 90_000;

/** A new project gets a new work item, and that is completed: nobody had to help. */
export async function expectWorkGoesOn({ client }: FaultSystem): Promise<void> {
  const repeated = { repeated: true };
  const project = await client.command('POST', '/v1/projects', { name: 'After the fault' }, repeated);
  if (project?.status !== 201) throw new Error(`no project can be made: ${JSON.stringify(project)}`);
  const body = { title: 'After the fault', priority: 9, toolRecipe: { steps: [{ tool: 'noop', with: {} }] } };
  const item = await client.command('POST', `/v1/projects/${String(project.body['id'])}/work-items`, body, repeated);
  if (item?.status !== 202) throw new Error(`no work item can be made: ${JSON.stringify(item)}`);
  await eventually(
    async () => {
      const answer = await client.ask('GET', `/v1/work-items/${String(item.body['id'])}`);
      if (answer?.body['state'] !== 'completed') throw new Error(`it is ${JSON.stringify(answer?.body)}`);
    },
    { timeoutMs: PATIENCE_MS, pollIntervalMs: 200, description: 'the completion of a new work item' },
  );
}
