import { codec } from '@codex/contracts';
import {
  initialProcess,
  react,
  type AnyProcessDefinition,
  type ProcessEvent,
  type ProcessMessage,
  type ProcessState,
  type Reaction,
} from '@codex/process-manager';

const NOW = '2026-01-01T00:00:00.000Z';
const PROCESS = '00000000-0000-7000-8000-000000000001';
const SUBJECT = {
  workItemId: '00000000-0000-7000-8000-000000000002',
  projectId: '00000000-0000-7000-8000-000000000003',
};
const ERROR = { code: 'TEST', message: 'a story' };
const LONGEST = 60;
const FORWARD: readonly ProcessState['status'][] = ['running', 'waiting'];

/** What the world says to a process that stands like this; null ends the story. */
export type World = (state: ProcessState) => ProcessMessage | null;

/** Does and accepts whatever is asked, to the end. */
export const friendly: World = ({ current, status }) => {
  if (status === 'compensation_failed') return { type: 'retry' };
  if (current === null) return null;
  if (status === 'waiting') return { type: 'signal', signal: 'approved' };
  const { name: step, phase, commandId } = current;
  if (commandId !== null) return { type: 'reply', commandId, outcome: 'accepted', error: null };
  return { type: 'local', step, phase, result: { outcome: 'succeeded' } };
};

/** Someone calls it off at once; then as above. */
export const cancelling = (): World =>
  troubled(({ status }) => (FORWARD.includes(status) ? { type: 'cancel', error: ERROR } : undefined));

/** Nobody answers until the next deadline has passed; then as above. */
export const silent = (): World =>
  troubled(({ deadlineAt }) => (deadlineAt === null ? undefined : { type: 'deadline', dueAt: deadlineAt }));

const refusedAt = (name: string): World =>
  troubled(({ current }) => (current?.name === name ? refusal(current.commandId) : undefined));

const stuckAt = (name: string): World => {
  const refused = refusedAt(name);
  return (state) => {
    if (state.status === 'compensation_failed') return null;
    if (state.status === 'compensating') return refusal(state.current!.commandId) ?? friendly(state);
    return refused(state);
  };
};

/** What is recorded of every definition: everything goes well, a late step is refused, and undoing it fails too. */
const stories: Readonly<Record<string, () => World>> = {
  done: () => friendly,
  refused: () => refusedAt('ScheduleTask'),
  stuck: () => stuckAt('ScheduleTask'),
};

/** The events of one instance, a list for each reaction: they are stored together or not at all. */
export type StoredHistory = readonly (readonly { readonly id: number; readonly body: string }[])[];

/** What instances of this definition store, by story; schema ids and Avro bodies in base64. */
export function recordOf(definition: AnyProcessDefinition): Readonly<Record<string, StoredHistory>> {
  return Object.fromEntries(
    Object.entries(stories).map(([name, world]) => [
      name,
      played(definition, world()).map((events) => events.map(stored)),
    ]),
  );
}

/** Reads a history with today's codec, up to and with the reaction at `end`. */
export function eventsOf(history: StoredHistory, end: number): readonly ProcessEvent[] {
  return history
    .slice(0, end + 1)
    .flatMap((events) =>
      events.map(({ id, body }) => codec.decode(id, Buffer.from(body, 'base64')) as unknown as ProcessEvent),
    );
}

/** Goes on from this state until the world has nothing to say. */
export function goOn(definition: AnyProcessDefinition, state: ProcessState, world: World): Reaction[] {
  const reactions: Reaction[] = [];
  for (let message = world(state); message !== null; message = world(state)) {
    if (reactions.length === LONGEST) throw new Error(`${definition.name} goes round in circles`);
    const reaction = react(definition, state, { message, now: NOW });
    reactions.push(reaction);
    state = reaction.state;
  }
  return reactions;
}

function played(definition: AnyProcessDefinition, world: World): readonly (readonly ProcessEvent[])[] {
  const input = { requiresApproval: true, firstAttempt: 1 };
  const message: ProcessMessage = { type: 'start', processId: PROCESS, subject: SUBJECT, input };
  const started = react(definition, initialProcess(), { message, now: NOW });
  return [started, ...goOn(definition, started.state, world)].map(({ events }) => events);
}

function stored({ type, data }: ProcessEvent): StoredHistory[number][number] {
  const { schemaId, data: body } = codec.encode(type, data);
  return { id: schemaId, body: body.toString('base64') };
}

/** Trouble that comes once; before and after it, and where there is none, the world is friendly. */
function troubled(trouble: (state: ProcessState) => ProcessMessage | undefined): World {
  let has = false;
  return (state) => {
    const message = has ? undefined : trouble(state);
    if (message === undefined) return friendly(state);
    has = true;
    return message;
  };
}

function refusal(commandId: string | null): ProcessMessage | undefined {
  return commandId === null ? undefined : { type: 'reply', commandId, outcome: 'refused', error: ERROR };
}
