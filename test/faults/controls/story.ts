import { eventually } from '@codex/testing';
import { FaultAgent } from '../agents/fault-agent';
import type { FaultSystem } from '../system/fault-system';

const PATIENCE_MS = 30_000;
const repeated = { repeated: true };

/** A little of everything that the broken copies do wrong, and no other fault than one death of the project service. */
export async function tellStory(system: FaultSystem): Promise<void> {
  const { client } = system;
  const project = await client.command('POST', '/v1/projects', { name: 'A control' }, repeated);
  const path = `/v1/projects/${String(project?.body['id'])}`;
  await client.command('PUT', `${path}/quota`, { maxOpenWorkItems: 7 }, repeated);
  await beGivenRuns(system, path);
  await repeatRequirements(system, path);
  await client.command('PUT', `${path}/vision`, { statement: 'Everything is noticed' }, repeated);
}

/** Asks twice at the same time for what there is once. */
async function beGivenRuns({ client, agentClient }: FaultSystem, path: string): Promise<void> {
  const agent = await FaultAgent.register(agentClient, AbortSignal.timeout(PATIENCE_MS));
  if (agent === null) throw new Error('no agent could be registered');
  const body = { title: 'Taken once', toolRecipe: { steps: [{ tool: 'noop', with: {} }] } };
  await client.command('POST', `${path}/work-items`, body, repeated);
  await eventually(
    async () => {
      const given = (await Promise.all([agent.claim(1), agent.claim(1)])).flat();
      const [run] = given;
      if (run !== undefined) await agent.complete(run, repeated);
      return given.length > 0;
    },
    { timeoutMs: PATIENCE_MS, description: 'a run for the agent' },
  );
}

/** The relay dies with what it has just published, and publishes it again in its next life. */
async function repeatRequirements({ client, killPoints }: FaultSystem, path: string): Promise<void> {
  killPoints.arm('project', 'after-produce-ack');
  await eventually(
    async () => {
      await client.command('POST', `${path}/requirements`, { title: 'Once' }, repeated);
      return killPoints.hasFired('project', 'after-produce-ack');
    },
    { timeoutMs: PATIENCE_MS, description: 'the death of the relay' },
  );
}
