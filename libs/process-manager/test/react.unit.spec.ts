import { type ProcessMessage } from '../src';
import {
  ID,
  NO,
  TIMED_OUT,
  cancel,
  deadline,
  done,
  play,
  reply,
  shown,
  start,
  stuck,
  toConfirm,
  toReserve,
  toShip,
  toTell,
  undoing,
} from './order-process';

describe('react', () => {
  it('starts with its plan, subject and input, and asks for the local work', () => {
    const { events } = play(start());
    expect(events).toEqual([
      {
        type: 'ProcessStarted',
        data: {
          processId: ID,
          orderId: 'o1',
          definition: 'Order',
          definitionVersion: 1,
          steps: [
            { name: 'Open', target: null, compensation: 'Close' },
            { name: 'Reserve', target: 'stock', compensation: 'ReleaseStock' },
            { name: 'Ship', target: 'stock', compensation: 'Return' },
            { name: 'Tell', target: 'stock', compensation: null },
          ],
          input: { confirm: false },
        },
      },
      {
        type: 'ProcessStepStarted',
        data: {
          processId: ID,
          orderId: 'o1',
          step: 'Open',
          phase: 'do',
          attempt: 1,
          commandId: null,
          deadlineAt: null,
        },
      },
    ]);
  });

  it.each<[string, readonly ProcessMessage[], ReturnType<typeof shown>]>([
    [
      'sends the next command with its deadline',
      toReserve,
      {
        events: ['ProcessStepSucceeded Open', 'ProcessStepStarted Reserve do 1'],
        commands: ['Reserve:do'],
        work: null,
        status: 'running',
        deadlineAt: '2026-01-01T00:01:00.000Z',
      },
    ],
    [
      'leaves out a step that was not asked for',
      toShip,
      {
        events: ['ProcessStepSucceeded Reserve', 'ProcessStepStarted Ship do 1'],
        commands: ['Ship:do'],
        work: null,
        status: 'running',
        deadlineAt: '2026-01-01T00:00:01.000Z',
      },
    ],
    [
      'waits for a person without an end',
      toConfirm,
      {
        events: ['ProcessStepSucceeded Reserve', 'ProcessStepStarted Confirm do 1', 'ProcessWaiting Confirm'],
        commands: [],
        work: null,
        status: 'waiting',
        deadlineAt: null,
      },
    ],
    [
      'goes on when the person agrees',
      [...toConfirm, { type: 'signal', signal: 'yes' }],
      {
        events: ['ProcessStepSucceeded Confirm', 'ProcessStepStarted Ship do 1'],
        commands: ['Ship:do'],
        work: null,
        status: 'running',
        deadlineAt: '2026-01-01T00:00:01.000Z',
      },
    ],
    [
      'undoes when the person does not',
      [...toConfirm, { type: 'signal', signal: 'no', error: NO }],
      {
        events: ['ProcessStepFailed Confirm do 1 NO false', 'ProcessStepStarted Reserve undo 1'],
        commands: ['Reserve:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:00:30.000Z',
      },
    ],
    [
      'completes',
      [...toTell, reply('Tell')],
      {
        events: ['ProcessStepSucceeded Tell', 'ProcessCompleted'],
        commands: [],
        work: null,
        status: 'completed',
        deadlineAt: null,
      },
    ],
    [
      'does not undo the step that was refused, only those before',
      [...toReserve, reply('Reserve', 'do', 'refused')],
      {
        events: ['ProcessStepFailed Reserve do 1 NO false', 'ProcessStepStarted Open undo 1'],
        commands: [],
        work: 'Open:undo',
        status: 'compensating',
        deadlineAt: null,
      },
    ],
    [
      'undoes a step in doubt first when it was silent for too long',
      undoing,
      {
        events: [`ProcessStepFailed Reserve do 1 ${TIMED_OUT.code} false`, 'ProcessStepStarted Reserve undo 1'],
        commands: ['Reserve:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:00:30.000Z',
      },
    ],
    [
      'then undoes what was done before',
      [...undoing, reply('Reserve', 'undo')],
      {
        events: ['ProcessStepCompensated Reserve ReleaseStock', 'ProcessStepStarted Open undo 1'],
        commands: [],
        work: 'Open:undo',
        status: 'compensating',
        deadlineAt: null,
      },
    ],
    [
      'is compensated when all is undone',
      [...undoing, reply('Reserve', 'undo'), done('Open', 'undo')],
      {
        events: ['ProcessStepCompensated Open Close', `ProcessCompensated ${TIMED_OUT.code}`],
        commands: [],
        work: null,
        status: 'compensated',
        deadlineAt: null,
      },
    ],
    [
      'sends a step without a deadline again',
      [...toShip, deadline('2026-01-01T00:00:01.000Z')],
      {
        events: ['ProcessStepStarted Ship do 2'],
        commands: ['Ship:do'],
        work: null,
        status: 'running',
        deadlineAt: '2026-01-01T00:00:02.000Z',
      },
    ],
    [
      'sends an undoing again, for ever',
      [...undoing, deadline('2026-01-01T00:00:30.000Z')],
      {
        events: ['ProcessStepStarted Reserve undo 2'],
        commands: ['Reserve:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:01:00.000Z',
      },
    ],
    [
      'goes on without a best-effort step that was refused',
      [...toTell, reply('Tell', 'do', 'refused')],
      {
        events: ['ProcessStepFailed Tell do 1 NO false', 'ProcessCompleted'],
        commands: [],
        work: null,
        status: 'completed',
        deadlineAt: null,
      },
    ],
    [
      'goes on without a best-effort step that was silent',
      [...toTell, deadline('2026-01-01T00:00:05.000Z')],
      {
        events: ['ProcessStepFailed Tell do 1 TIMED_OUT false', 'ProcessCompleted'],
        commands: [],
        work: null,
        status: 'completed',
        deadlineAt: null,
      },
    ],
    [
      'undoes everything when it is cancelled in a best-effort step',
      [...toTell, cancel],
      {
        events: ['ProcessStepFailed Tell do 1 CANCELLED false', 'ProcessStepStarted Ship undo 1'],
        commands: ['Ship:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:00:01.000Z',
      },
    ],
    [
      'undoes the step in doubt first when it is cancelled',
      [...toShip, cancel],
      {
        events: ['ProcessStepFailed Ship do 1 CANCELLED false', 'ProcessStepStarted Ship undo 1'],
        commands: ['Ship:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:00:01.000Z',
      },
    ],
    [
      'undoes what was done when it is cancelled while a person is awaited',
      [...toConfirm, cancel],
      {
        events: ['ProcessStepFailed Confirm do 1 CANCELLED false', 'ProcessStepStarted Reserve undo 1'],
        commands: ['Reserve:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:00:30.000Z',
      },
    ],
    [
      'waits for an operator when an undoing is refused',
      stuck,
      {
        events: ['ProcessStepFailed Reserve undo 1 NO false', 'ProcessCompensationFailed Reserve NO'],
        commands: [],
        work: null,
        status: 'compensation_failed',
        deadlineAt: null,
      },
    ],
    [
      'tries the undoing again for the operator',
      [...stuck, { type: 'retry' }],
      {
        events: ['ProcessStepStarted Reserve undo 2'],
        commands: ['Reserve:undo'],
        work: null,
        status: 'compensating',
        deadlineAt: '2026-01-01T00:01:00.000Z',
      },
    ],
    [
      'skips the undoing for the operator',
      [...stuck, { type: 'skip', reason: 'by hand' }],
      {
        events: ['ProcessStepCompensated Reserve by hand', 'ProcessStepStarted Open undo 1'],
        commands: [],
        work: 'Open:undo',
        status: 'compensating',
        deadlineAt: null,
      },
    ],
    [
      'takes a late yes to an undoing that was refused before',
      [...stuck, reply('Reserve', 'undo')],
      {
        events: ['ProcessStepCompensated Reserve ReleaseStock', 'ProcessStepStarted Open undo 1'],
        commands: [],
        work: 'Open:undo',
        status: 'compensating',
        deadlineAt: null,
      },
    ],
  ])('%s', (_, messages, expected) => expect(shown(play(...messages))).toEqual(expected));
});
