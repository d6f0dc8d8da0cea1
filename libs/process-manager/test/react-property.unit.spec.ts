import * as fc from 'fast-check';
import { commandIdOf, evolveProcess, initialProcess, react, type ProcessMessage, type ProcessState } from '../src';
import { cancel, ID, order, start } from './order-process';

const STEPS = ['Open', 'Reserve', 'Confirm', 'Ship', 'Tell'];
const error = { code: 'NO', message: 'no' };
const phase = fc.constantFrom('do' as const, 'undo' as const);

const message: fc.Arbitrary<ProcessMessage> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .record({ step: fc.constantFrom(...STEPS), phase, refused: fc.boolean(), again: fc.boolean() })
      .map(({ step, phase: of, refused }): ProcessMessage => {
        const outcome = refused ? 'refused' : 'accepted';
        return {
          type: 'reply',
          commandId: commandIdOf(ID, { step, phase: of }),
          outcome,
          error: refused ? error : null,
        };
      }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom('yes', 'no', 'maybe').map((signal) => ({ type: 'signal' as const, signal })),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'deadline' as const, dueAt: '2030-01-01T00:00:00.000Z' }) },
  { weight: 1, arbitrary: fc.constant(cancel) },
  { weight: 1, arbitrary: fc.constantFrom({ type: 'retry' as const }, { type: 'skip' as const, reason: 'x' }) },
);

type LocalOutcome = 'succeeded' | 'refused' | 'failed';
const localOutcomes = fc.infiniteStream(
  fc.constantFrom<LocalOutcome>('succeeded', 'succeeded', 'succeeded', 'refused', 'failed'),
);

interface Run {
  readonly types: readonly string[];
  readonly state: ProcessState;
}

/** Runs a process through any messages, local work included, the way the runner does. */
function runThrough(messages: readonly ProcessMessage[], outcomes: Iterator<LocalOutcome>): Run {
  let state = initialProcess();
  const types: string[] = [];
  const queue = [...messages];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const reaction = reactOrIgnore(state, next);
    if (reaction === null) continue;
    state = reaction.events.reduce(evolveProcess, state);
    types.push(...reaction.events.map(({ type }) => type));
    if (reaction.work !== null) {
      const outcome = outcomes.next().value as LocalOutcome;
      const result = outcome === 'succeeded' ? { outcome } : { outcome, error };
      queue.unshift({ type: 'local', ...reaction.work, result });
    }
  }
  return { types, state };
}

// An operator's message out of place is refused and changes nothing.
function reactOrIgnore(state: ProcessState, next: ProcessMessage) {
  try {
    return react(order, state, { message: next, now: '2026-01-01T00:00:00.000Z' });
  } catch {
    return null;
  }
}

describe('any interleaving and duplication of messages', () => {
  const anyRun = fc
    .tuple(fc.boolean(), fc.array(message, { maxLength: 25 }), localOutcomes)
    .map(([confirm, messages, outcomes]) => runThrough([start(confirm), ...messages], outcomes));

  it('never both completes and compensates, and nothing follows the end', () => {
    fc.assert(
      fc.property(anyRun, ({ types }) => {
        const ends = types.filter((type) => type === 'ProcessCompleted' || type === 'ProcessCompensated');
        expect(ends.length).toBeLessThanOrEqual(1);
        if (ends.length === 1) expect(types.at(-1)).toBe(ends[0]);
      }),
      { numRuns: 400 },
    );
  });

  it('leaves no process without a way on: it ended, waits for somebody, or has a deadline', () => {
    fc.assert(
      fc.property(anyRun, ({ state: { status, deadlineAt } }) => {
        const waits = ['completed', 'compensated', 'waiting', 'compensation_failed'].includes(status);
        expect(waits || deadlineAt !== null).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('undoes every step that was done before it is compensated', () => {
    fc.assert(
      fc.property(anyRun, ({ state: { status, steps } }) => {
        if (status !== 'compensated') return;
        const undoable = steps.filter(({ name }) => name === 'Open' || name === 'Reserve' || name === 'Ship');
        expect(undoable.filter((step) => step.status === 'done')).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('ends, once everything is answered with yes', () => {
    fc.assert(
      fc.property(anyRun, ({ state: reached }) => {
        let state = reached;
        for (let turn = 0; turn < 20 && !['completed', 'compensated'].includes(state.status); turn++) {
          state = answer(state);
        }
        expect(['completed', 'compensated']).toContain(state.status);
      }),
      { numRuns: 400 },
    );
  });
});

function answer(state: ProcessState): ProcessState {
  const { current, status, deadlineAt } = state;
  const next: ProcessMessage =
    status === 'compensation_failed'
      ? { type: 'skip', reason: 'x' }
      : status === 'waiting'
        ? { type: 'signal', signal: 'yes' }
        : current!.commandId === null
          ? { type: 'deadline', dueAt: deadlineAt! }
          : { type: 'reply', commandId: current!.commandId, outcome: 'accepted', error: null };
  let reaction = react(order, state, { message: next, now: '2026-01-01T00:00:00.000Z' });
  while (reaction.work !== null) {
    const done: ProcessMessage = { type: 'local', ...reaction.work, result: { outcome: 'succeeded' } };
    reaction = react(order, reaction.state, { message: done, now: '2026-01-01T00:00:00.000Z' });
  }
  return reaction.state;
}
