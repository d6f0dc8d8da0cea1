import { InboxApi, type GroupReceipt } from './inbox-api';
import { settle, skipOrder } from './inbox-commands';
import { consumersReport, deadLettersReport } from './inbox-reports';
import { OperationsApi } from './operations-api';

const letter = {
  ...{ id: 'id-1', service: 'audit', consumerGroup: 'audit.recorder', stream: 'Project-1', type: 'ProjectCreated' },
  ...{ group: 'X~a.b~c', reason: 'Poison: no', status: 'parked', attempts: 2, queued: 3, lastAt: 'then' },
};

describe('settling from the command line', () => {
  const inboxOf = (...receipts: readonly Partial<GroupReceipt>[]) => {
    const left = [...receipts];
    const settleGroup = (_act: string, group: string) =>
      Promise.resolve({ group, parkedAgain: 0, remaining: 0, unavailable: [], ...left.shift() });
    const one = (_act: string, id: string) => Promise.resolve({ id, status: 'redriven', released: 2, parkedBy: null });
    return { inbox: { settleGroup, settle: one } as unknown as InboxApi, left };
  };
  const run = async (inbox: InboxApi, order: { id?: string; group?: string }) => {
    const lines: string[] = [];
    await settle(inbox, 'redrive', { id: order.id, group: order.group, say: (line) => lines.push(line) });
    return lines;
  };

  it('takes one letter or a group, not both and not neither', async () => {
    const { inbox } = inboxOf({});
    expect(await run(inbox, { id: 'id-1' })).toEqual(['id-1 is redriven, 2 messages released']);
    await expect(run(inbox, {})).rejects.toThrow('needs the id of a dead letter or --group');
    await expect(run(inbox, { id: 'a', group: 'b' })).rejects.toThrow('needs the id');
  });

  it('goes on with a group as long as that helps', async () => {
    const first = { redriven: 50, parkedAgain: 1, remaining: 30 };
    const { inbox, left } = inboxOf(first, { redriven: 28, parkedAgain: 2, remaining: 2 }, { redriven: 9 });
    expect(await run(inbox, { group: 'X' })).toEqual([
      'X: 50 redriven, 1 failed again, 30 parked now',
      'X: 28 redriven, 2 failed again, 2 parked now',
    ]);
    expect(left).toHaveLength(1);
  });

  it('stops when nothing helps', async () => {
    const { inbox, left } = inboxOf({ redriven: 0, parkedAgain: 5, remaining: 9 }, { redriven: 1 });
    expect(await run(inbox, { group: 'X' })).toHaveLength(1);
    expect(left).toHaveLength(1);
  });
});

describe('an order to skip', () => {
  const options = { consumer: 'a.b', topic: 't', partition: '0', offset: '12', event: 'e', reason: 'r' };

  it('names the place exactly', () => {
    expect(skipOrder(options)).toEqual({
      ...{ group: 'a.b', topic: 't', partition: 0, offset: 12, eventId: 'e', reason: 'r' },
    });
  });

  it.each(['', '-1', '1.5', 'x', '9'.repeat(20)])('refuses the offset %j', (offset) => {
    expect(() => skipOrder({ ...options, offset })).toThrow('--offset must be a whole number');
  });
});

describe('reports', () => {
  it('show dead letters and their groups, and who did not answer', () => {
    const text = deadLettersReport({ items: [letter], unavailable: ['projector'], pageInfo: { hasNextPage: true } });
    expect(text).toMatch(/id-1 +audit\.recorder +Project-1 +ProjectCreated +parked +2 +3 +then/);
    expect(text).toMatch(/X~a\.b~c +1 +Poison: no/);
    expect(text).toMatch(/There are more[^]*Not asked, because they do not answer: projector/);
    expect(deadLettersReport({ items: [], unavailable: [] })).toBe('no dead letters');
  });

  it('show where consumers wait', () => {
    const waiting = {
      ...{ topic: 't', partition: 3, offset: 7, eventId: 'e-1', stream: 'Run-1', code: 'X' },
      ...{ reason: 'away', since: 'then', attempts: 4 },
    };
    const consumer = {
      ...{ service: 'a', group: 'a.b', state: 'waiting', healthy: true, assignedPartitions: 12, lagMs: 5 },
      ...{ parked: 0, error: 'away', waiting: [waiting] },
    };
    const text = consumersReport({ items: [consumer], unavailable: [] });
    expect(text).toMatch(/a\.b +waiting +yes +12 +5 +0 +1 +away/);
    expect(text).toMatch(/a\.b +t +3 +7 +e-1 +Run-1 +then +4 +away/);
  });
});

describe('the API of inboxes', () => {
  it('asks with what was given and nothing else', async () => {
    const asked: string[] = [];
    const api = Object.assign(new OperationsApi({ url: 'http://x', apiKey: 'k' }), {
      call: async (...[method, path, body]: unknown[]) => void asked.push(`${method} ${path} ${JSON.stringify(body)}`),
    });
    const inbox = new InboxApi(api);
    await inbox.deadLetters({ status: 'parked' });
    await inbox.settle('redrive', 'a', undefined);
    await inbox.settleGroup('discard', 'g', 'r');
    await inbox.consumers(undefined);
    expect(asked).toEqual([
      'GET /operations/dead-letters?first=200&status=parked undefined',
      'POST /operations/dead-letters/a/redrive {}',
      'POST /operations/dead-letters/discard {"group":"g","reason":"r"}',
      'GET /operations/consumers undefined',
    ]);
  });
});
