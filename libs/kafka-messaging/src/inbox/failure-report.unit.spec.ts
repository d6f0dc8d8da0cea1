import { Poison, Refusal } from '@codex/event-sourcing';

import { failureGroupOf, failureReport } from './failure-report';

class TooSmall extends Refusal {
  readonly code = 'TOO_SMALL';

  constructor() {
    super('no');
  }
}

function stackOf(...frames: readonly string[]): string {
  return ['Error: x', ...frames.map((frame) => `    at ${frame}`)].join('\n');
}

describe('a failure group', () => {
  it('is the code and the first frame of our own', () => {
    const stack = stackOf(
      'Client.query (/srv/it/node_modules/pg/lib/client.js:1:2)',
      'process.processTicksAndRejections (node:internal/process/task_queues:95:5)',
      'async writeRows (/srv/it/dist/libs/store/src/row-writer.js:10:5)',
      'handle (/srv/it/dist/apps/one/src/messaging/one.consumer.js:10:5)',
    );
    expect(failureGroupOf('X', stack)).toBe('X~libs.store.src.row-writer~writeRows');
  });

  it.each([
    '/srv/a/dist/apps/one/src/domain/rule.js:10:5',
    '/home/apps/src/b/apps/one/src/domain/rule.ts:77:1',
    'file:///c/apps/one/src/domain/rule.js:1:1',
    'C:\\work\\libs\\c\\apps\\one\\src\\domain\\rule.js:3:4',
  ])('is the same in another build: %s', (place) => {
    expect(failureGroupOf('X', stackOf(`decide (${place})`))).toBe('X~apps.one.src.domain.rule~decide');
    expect(failureGroupOf('X', stackOf(`Object.decide [as rule] (${place})`))).toBe(
      'X~apps.one.src.domain.rule~decide',
    );
  });

  it('tells functions of a file apart, and anonymous ones from named ones', () => {
    const place = '/srv/dist/apps/one/src/rule.js:1:1';
    const groups = [`a (${place})`, `b (${place})`, place, `Object.<anonymous> (${place})`].map((frame) =>
      failureGroupOf('X', stackOf(frame)),
    );
    expect(groups.map((group) => group.split('~').at(-1))).toEqual(['a', 'b', 'anonymous', 'anonymous']);
  });

  it('fits into a path whatever the stack says', () => {
    const strange = stackOf(`<a b>/é?% (/srv/dist/apps/one/src/${'x'.repeat(400)}.js:1:1)`);
    expect(failureGroupOf('X', strange)).toMatch(/^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}$/);
    expect(failureGroupOf('X', undefined)).toBe('X');
    expect(failureGroupOf('X', stackOf('query (/srv/node_modules/pg/libs/x/y.js:1:1)'))).toBe('X');
  });
});

describe('the report of a failure', () => {
  it('names where a rule said no, not where its error class is', () => {
    const rule = (): never => {
      throw new TooSmall();
    };
    expect(reportOf(rule)).toMatchObject({
      code: 'TOO_SMALL',
      reason: 'TooSmall: no',
      failureGroup: 'TOO_SMALL~libs.kafka-messaging.src.inbox.failure-report.unit.spec~rule',
    });
  });

  it('has a code for what nobody classified, and for what is no error', () => {
    expect(reportOf(() => JSON.parse('{'))).toMatchObject({ code: 'UNEXPECTED_ERROR' });
    expect(failureReport('text')).toMatchObject({ code: 'UNEXPECTED_ERROR', reason: 'Error: text' });
  });

  it('groups by what went wrong first, not by who wrapped it', () => {
    const wrap = (cause: unknown): never => {
      throw new Poison('X', 'wrapped', { cause });
    };
    const inner = (): never => {
      throw new RangeError('first');
    };
    const thrownBy = (work: () => unknown): unknown => {
      try {
        return work();
      } catch (error) {
        return error;
      }
    };
    expect(reportOf(() => wrap(thrownBy(inner))).failureGroup).toMatch(/^X~.*~inner$/);
    expect(reportOf(() => wrap('text')).failureGroup).toMatch(/^X~.*~wrap$/);
  });

  it('can be stored: no zero bytes, no endless text', () => {
    const { reason } = failureReport(new Poison('X', `a\0b${'c'.repeat(5_000)}`));
    expect(reason).toHaveLength(2_000);
    expect(reason).toMatch(/^Poison: abc/);
  });
});

function reportOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    return failureReport(error);
  }
  throw new Error('it did not fail');
}
