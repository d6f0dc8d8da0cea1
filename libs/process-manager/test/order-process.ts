import { deepFreeze } from '@codex/event-sourcing/testing';
import {
  commandIdOf,
  defineProcess,
  initialProcess,
  react,
  type LocalAction,
  type ProcessEvent,
  type ProcessMessage,
  type ProcessState,
  type Reaction,
  type RemoteAction,
} from '../src';

export const ID = '01900000-0000-7000-8000-000000000001';
export const NOW = '2026-01-01T00:00:00.000Z';
export const NO = { code: 'NO', message: 'no' };
export const TIMED_OUT = { code: 'TIMED_OUT', message: 'Reserve was not answered in time' };

export const local = (name: string): LocalAction => ({ kind: 'local', name, execute: () => undefined });
export const remote = (name: string): RemoteAction => ({
  kind: 'remote',
  name,
  target: 'stock',
  build: () => ({ stream: 'Stock-1', data: {} }),
});

/** Open (local) → Reserve (remote, 60 s) → Confirm (a person, when asked for) → Ship (remote, no end) → Tell (best effort). */
export const order = defineProcess<{ readonly confirm: boolean }>({
  name: 'Order',
  version: 1,
  participants: [],
  steps: [
    { name: 'Open', action: local('Open'), compensation: local('Close') },
    { name: 'Reserve', action: remote('ReserveStock'), compensation: remote('ReleaseStock'), deadlineMs: 60_000 },
    {
      name: 'Confirm',
      action: { kind: 'wait', waitingFor: 'a person', signals: { yes: 'succeed', no: 'refuse' } },
      when: ({ confirm }) => confirm,
    },
    {
      name: 'Ship',
      action: remote('Ship'),
      compensation: remote('Return'),
      resend: { initialMs: 1_000, maxMs: 3_000 },
    },
    { name: 'Tell', action: remote('Tell'), bestEffort: true, deadlineMs: 5_000 },
  ],
});

export const start = (confirm = false): ProcessMessage => ({
  type: 'start',
  processId: ID,
  subject: { orderId: 'o1' },
  input: { confirm },
});
export const done = (step: string, phase: 'do' | 'undo' = 'do'): ProcessMessage => ({
  type: 'local',
  step,
  phase,
  result: { outcome: 'succeeded' },
});
export const reply = (
  step: string,
  phase: 'do' | 'undo' = 'do',
  outcome: 'accepted' | 'refused' = 'accepted',
): ProcessMessage => ({
  type: 'reply',
  commandId: commandIdOf(ID, { step, phase }),
  outcome,
  error: outcome === 'refused' ? NO : null,
});
export const deadline = (dueAt: string): ProcessMessage => ({ type: 'deadline', dueAt });
export const cancel: ProcessMessage = { type: 'cancel', error: { code: 'CANCELLED', message: 'stop' } };

export function play(...messages: readonly ProcessMessage[]): Reaction {
  let reaction: Reaction = { events: [], commands: [], work: null, state: initialProcess() };
  for (const message of messages) reaction = next(reaction.state, message);
  return reaction;
}

export function next(state: ProcessState, message: ProcessMessage): Reaction {
  return react(order, deepFreeze(state), { message: deepFreeze(message), now: NOW });
}

/** The reaction in short: `type step …` an event, and what goes out. */
export function shown({ events, commands, work, state }: Reaction) {
  return {
    events: events.map((event) => line(event)),
    commands: commands.map(({ step, phase }) => `${step}:${phase}`),
    work: work === null ? null : `${work.step}:${work.phase}`,
    status: state.status,
    deadlineAt: state.deadlineAt,
  };
}

export function line({ type, data }: ProcessEvent): string {
  const { step, phase, attempt, error, willRetry, compensation, skippedReason } = data as unknown as Record<
    string,
    unknown
  >;
  const parts = [step, phase, attempt, (error as typeof NO | undefined)?.code, willRetry, compensation, skippedReason];
  return [type, ...parts.filter((part) => part !== undefined && part !== null)].join(' ');
}

export const nothing = (status: string, deadlineAt: string | null) => ({
  events: [],
  commands: [],
  work: null,
  status,
  deadlineAt,
});
export const toReserve = [start(), done('Open')];
export const toConfirm = [start(true), done('Open'), reply('Reserve')];
export const toShip = [...toReserve, reply('Reserve')];
export const toTell = [...toShip, reply('Ship')];
export const undoing = [...toReserve, deadline('2026-01-01T00:01:00.000Z')];
export const stuck = [...undoing, reply('Reserve', 'undo', 'refused')];
