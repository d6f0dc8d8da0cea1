import { Unavailable, VersionConflict } from '@codex/event-sourcing';
import { DatabaseError } from 'pg';

import { classifyPostgresError, isConnectionLoss } from './postgres-error';

function databaseError(code: string, severity = 'ERROR'): DatabaseError {
  return Object.assign(new DatabaseError('reported', 0, 'error'), { code, severity });
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code, syscall: 'connect' });
}

describe('the meaning of database errors', () => {
  it.each(['08006', '53100', '53300', '57014', '57P01', '57P03', '25P03', '25P04', '25006', '40001', '40P01', '55P03'])(
    '%s is worth another try later',
    (code) => {
      const error = databaseError(code);
      expect(classifyPostgresError(error)).toEqual(new Unavailable('postgres', { cause: error }));
    },
  );

  it.each(['23505', '42601', '22P02', '54000'])('%s is not', (code) => {
    const error = databaseError(code);
    expect(classifyPostgresError(error)).toBe(error);
  });

  it.each([
    systemError('ECONNREFUSED'),
    new AggregateError([systemError('ECONNREFUSED'), systemError('ECONNREFUSED')]),
    new Error('Connection terminated unexpectedly'),
    new Error('timeout exceeded when trying to connect'),
    new Error('Query read timeout'),
    new Error('Client has encountered a connection error and is not queryable'),
    new Error('Cannot use a pool after calling end on the pool'),
  ])('a connection that broke is worth another try, and leaves a commit in doubt: %s', (error) => {
    expect(classifyPostgresError(error)).toBeInstanceOf(Unavailable);
    expect(isConnectionLoss(error)).toBe(true);
  });

  it('an error that ends the connection leaves a commit in doubt, one that ends the statement does not', () => {
    expect(isConnectionLoss(databaseError('57P01', 'FATAL'))).toBe(true);
    expect(isConnectionLoss(databaseError('57014'))).toBe(false);
  });

  it('leaves alone what is classified already, and bugs', () => {
    const conflict = new VersionConflict(['S-1']);
    const bug = new TypeError('x is not a function');
    expect(classifyPostgresError(conflict)).toBe(conflict);
    expect(classifyPostgresError(bug)).toBe(bug);
    expect(isConnectionLoss(bug)).toBe(false);
    expect(classifyPostgresError('text')).toMatchObject({ cause: 'text' });
  });
});
