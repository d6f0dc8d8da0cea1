import { ProcessNotStuck, type ProcessMessage } from '../src';
import {
  cancel,
  deadline,
  done,
  nothing,
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

describe('a message out of place', () => {
  it.each<[string, readonly ProcessMessage[], ProcessMessage, string, string | null]>([
    ['a second start', toReserve, start(), 'running', '2026-01-01T00:01:00.000Z'],
    ['the same reply again', toShip, reply('Reserve'), 'running', '2026-01-01T00:00:01.000Z'],
    [
      'a late reply to a step that is being undone',
      undoing,
      reply('Reserve'),
      'compensating',
      '2026-01-01T00:00:30.000Z',
    ],
    [
      'a reply to another process',
      toReserve,
      { type: 'reply', commandId: 'x', outcome: 'accepted', error: null },
      'running',
      '2026-01-01T00:01:00.000Z',
    ],
    ['the refusal of a refused undoing again', stuck, reply('Reserve', 'undo', 'refused'), 'compensation_failed', null],
    [
      'a deadline that was moved',
      toReserve,
      deadline('2026-01-01T00:00:59.000Z'),
      'running',
      '2026-01-01T00:01:00.000Z',
    ],
    ['a deadline of a process that has none', toConfirm, deadline('2027-01-01T00:00:00.000Z'), 'waiting', null],
    [
      'a signal that nobody waits for',
      toShip,
      { type: 'signal', signal: 'yes' },
      'running',
      '2026-01-01T00:00:01.000Z',
    ],
    ['a signal of another name', toConfirm, { type: 'signal', signal: 'maybe' }, 'waiting', null],
    ['a cancel while it is undone already', undoing, cancel, 'compensating', '2026-01-01T00:00:30.000Z'],
    ['a cancel after the end', [...toTell, reply('Tell')], cancel, 'completed', null],
    ['a result of local work that is not going on', toReserve, done('Open'), 'running', '2026-01-01T00:01:00.000Z'],
  ])('is not moved by %s', (_, before, message, status, deadlineAt) => {
    expect(shown(play(...before, message))).toEqual(nothing(status, deadlineAt));
  });

  it.each<[string, readonly ProcessMessage[], ProcessMessage]>([
    ['retry of a running process', toShip, { type: 'retry' }],
    ['retry of a compensating process', undoing, { type: 'retry' }],
    ['skip of a waiting process', toConfirm, { type: 'skip', reason: 'x' }],
    ['skip of a completed process', [...toTell, reply('Tell')], { type: 'skip', reason: 'x' }],
  ])('refuses the %s', (_, before, message) => {
    expect(() => play(...before, message)).toThrow(ProcessNotStuck);
  });
});
