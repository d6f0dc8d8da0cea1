import { defineProcess, initialProcess, react, type ProcessMessage } from '../src';
import {
  NO,
  NOW,
  deadline,
  local,
  next,
  nothing,
  play,
  remote,
  reply,
  shown,
  start,
  stuck,
  undoing,
} from './order-process';

describe('repeats', () => {
  it('tries local work that failed three more times, after 4, 8 and 10 s, then undoes', () => {
    const failed: ProcessMessage = {
      type: 'local',
      step: 'Open',
      phase: 'do',
      result: { outcome: 'failed', error: NO },
    };
    let reaction = play(start());
    for (const [attempt, delay] of [
      [1, '04'],
      [2, '08'],
      [3, '10'],
    ] as const) {
      reaction = next(reaction.state, failed);
      const dueAt = `2026-01-01T00:00:${delay}.000Z`;
      expect(shown(reaction)).toEqual({
        events: [`ProcessStepFailed Open do ${attempt} NO true`, `ProcessStepStarted Open do ${attempt + 1}`],
        commands: [],
        work: null,
        status: 'running',
        deadlineAt: dueAt,
      });
      reaction = next(reaction.state, deadline(dueAt));
      expect(shown(reaction)).toEqual({ ...nothing('running', dueAt), work: 'Open:do' });
    }
    expect(shown(next(reaction.state, failed))).toEqual({
      ...nothing('compensated', null),
      events: ['ProcessStepFailed Open do 4 NO false', 'ProcessCompensated NO'],
    });
  });

  it('sends a repeat under the same command id, and an operator asks under a new one', () => {
    const [first, again] = [play(...undoing), play(...undoing, deadline('2026-01-01T00:00:30.000Z'))];
    expect(again.commands).toEqual(first.commands);
    const asked = play(...stuck, { type: 'retry' });
    expect(asked.commands[0]!.commandId).not.toBe(first.commands[0]!.commandId);
    const repeated = next(asked.state, deadline('2026-01-01T00:01:00.000Z'));
    expect(repeated.commands).toEqual(asked.commands);
  });
});

describe('defineProcess', () => {
  it('refuses a process without steps, and a step named twice', () => {
    const empty = { name: 'Empty', version: 1, participants: [], steps: [] };
    expect(() => defineProcess(empty)).toThrow('has no steps');
    const step = { name: 'Open', action: local('Open') };
    expect(() => defineProcess({ ...empty, steps: [step, step] })).toThrow('twice');
  });
});

describe('a best-effort step that can be undone', () => {
  it('is undone with the others, because its command may have had an effect', () => {
    const definition = defineProcess<unknown>({
      name: 'Trip',
      version: 1,
      participants: [],
      steps: [
        { name: 'Tip', action: remote('Tip'), compensation: remote('TakeBack'), bestEffort: true, deadlineMs: 1 },
        { name: 'Ship', action: remote('Ship') },
      ],
    });
    const messages = [start(), deadline('2027-01-01T00:00:00.000Z'), reply('Ship', 'do', 'refused')];
    let reaction = react(definition, initialProcess(), { message: messages.shift()!, now: NOW });
    for (const message of messages) reaction = react(definition, reaction.state, { message, now: NOW });
    expect(reaction.commands).toMatchObject([{ step: 'Tip', phase: 'undo' }]);
  });
});
