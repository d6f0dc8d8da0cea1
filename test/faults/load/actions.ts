import type { SeededRandom } from '../seed';
import type { JournalledClient } from './journalled-client';

/** What a client has made so far. */
export interface ClientMemory {
  readonly projects: string[];
  readonly items: string[];
  readonly requirements: { readonly projectId: string; readonly id: string }[];
}

interface Turn {
  readonly client: JournalledClient;
  readonly memory: ClientMemory;
  readonly random: SeededRandom;
  readonly projectId: string;
}

type Action = (turn: Turn) => Promise<unknown>;

/** How often each kind of change is asked for, in parts of all. */
const actions: readonly (readonly [weight: number, Action])[] = [
  [8, createProject],
  [34, createItem],
  [8, setVision],
  [8, addRequirement],
  [4, changeRequirement],
  [4, setQuota],
  [2, archive],
  [3, pauseOrResume],
  [8, decideOnApproval],
  [7, cancel],
  [6, changePriority],
  [4, retry],
  [4, askForNonsense],
];
const drawn = actions.flatMap(([weight, action]) => Array.from({ length: weight }, () => action));

/** One change, chosen at random, on something this client made before. Some are refused; that is meant. */
export async function changeSomething(
  client: JournalledClient,
  memory: ClientMemory,
  random: SeededRandom,
): Promise<void> {
  const projectId = memory.projects.length === 0 ? null : random.pick(memory.projects.slice(-4));
  const turn = { client, memory, random };
  if (projectId === null) await createProject(turn);
  else await random.pick(drawn)({ ...turn, projectId });
}

async function createProject({ client, memory, random }: Omit<Turn, 'projectId'>): Promise<void> {
  const body = { name: `Project ${random.integer(1, 9999)}`, description: 'made by a fault test' };
  const answer = await client.command('POST', '/v1/projects', body, { repeated: random.chance(0.7) });
  if (answer?.status === 201) memory.projects.push(String(answer.body['id']));
}

async function createItem({ client, memory, random, projectId }: Turn): Promise<void> {
  const recent = memory.items.slice(-6);
  const dependsOn = recent.length > 0 && random.chance(0.3) ? random.shuffled(recent).slice(0, 2) : [];
  const body = {
    title: `Item ${random.integer(1, 9999)}`,
    toolRecipe: { steps: [random.chance(0.93) ? work(random) : { tool: 'does.not.exist', with: {} }] },
    priority: random.integer(0, 9),
    requiresApproval: random.chance(0.15),
    // Agents of a fault test lose runs on purpose: what is tried often enough ends well.
    retry: { maxAttempts: random.integer(1, 6), initialBackoffMs: 50, maxBackoffMs: 400 },
    ...(dependsOn.length > 0 && { dependsOn }),
  };
  const path = `/v1/projects/${projectId}/work-items`;
  const answer = await client.command('POST', path, body, { repeated: random.chance(0.7) });
  if (answer?.status === 202) memory.items.push(String(answer.body['id']));
}

function work(random: SeededRandom): object {
  return { tool: 'noop', with: { durationMs: random.integer(0, 80), result: { drawn: random.integer(1, 1000) } } };
}

async function setVision({ client, random, projectId }: Turn): Promise<void> {
  const body = { statement: `Vision ${random.integer(1, 1_000_000)}` };
  await client.command('PUT', `/v1/projects/${projectId}/vision`, body, { repeated: random.chance(0.5) });
}

async function addRequirement({ client, memory, random, projectId }: Turn): Promise<void> {
  const body = { title: `Requirement ${random.integer(1, 9999)}`, priority: random.integer(0, 9) };
  const path = `/v1/projects/${projectId}/requirements`;
  const answer = await client.command('POST', path, body, { repeated: random.chance(0.5) });
  if (answer?.status === 201) memory.requirements.push({ projectId, id: String(answer.body['id']) });
}

async function changeRequirement({ client, memory, random }: Turn): Promise<void> {
  if (memory.requirements.length === 0) return;
  const { projectId, id } = random.pick(memory.requirements);
  const path = `/v1/projects/${projectId}/requirements/${id}`;
  if (random.chance(0.3)) await client.command('DELETE', path, undefined, { repeated: true });
  else await client.command('PATCH', path, { status: random.pick(['met', 'dropped']) }, { repeated: true });
}

async function setQuota({ client, random, projectId }: Turn): Promise<void> {
  const body = { maxOpenWorkItems: random.pick([1, 20, null]), maxConcurrentRuns: random.pick([1, 5, null]) };
  await client.command('PUT', `/v1/projects/${projectId}/quota`, body, { repeated: random.chance(0.5) });
}

async function archive({ client, memory, random, projectId }: Turn): Promise<void> {
  if (memory.projects.length < 4) return;
  await client.command(
    'POST',
    `/v1/projects/${projectId}/archive`,
    { reason: 'done' },
    { repeated: random.chance(0.5) },
  );
}

async function pauseOrResume({ client, random, projectId }: Turn): Promise<void> {
  await client.command('POST', `/v1/projects/${projectId}/${random.pick(['pause', 'resume', 'resume'])}`);
}

async function decideOnApproval({ client, memory, random }: Turn): Promise<void> {
  await onItem(client, memory, random, random.chance(0.8) ? 'approve' : 'reject');
}

async function cancel({ client, memory, random }: Turn): Promise<void> {
  await onItem(client, memory, random, 'cancel');
}

async function retry({ client, memory, random }: Turn): Promise<void> {
  await onItem(client, memory, random, 'retry');
}

async function changePriority({ client, memory, random }: Turn): Promise<void> {
  if (memory.items.length === 0) return;
  const id = random.pick(memory.items.slice(-15));
  await client.command('PUT', `/v1/work-items/${id}/priority`, { priority: random.integer(0, 9) }, { repeated: true });
}

/** Refused by every service that is asked, and nothing may come of it. */
async function askForNonsense({ client, random, projectId }: Turn): Promise<void> {
  const unknown = `/v1/work-items/${projectId}/cancel`;
  if (random.chance(0.5)) await client.command('POST', unknown);
  else await client.command('POST', `/v1/projects/${projectId}/work-items`, { title: '', toolRecipe: { steps: [] } });
}

async function onItem(
  client: JournalledClient,
  memory: ClientMemory,
  random: SeededRandom,
  verb: string,
): Promise<void> {
  if (memory.items.length === 0) return;
  const id = random.pick(memory.items.slice(-15));
  await client.command('POST', `/v1/work-items/${id}/${verb}`, {}, { repeated: random.chance(0.6) });
}
