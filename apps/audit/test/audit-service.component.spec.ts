import { SYSTEM_TENANT } from '@codex/platform';
import { eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { createAuditService, event, reply, TENANT } from './audit-world';

describe('the audit service', () => {
  let audit: Awaited<ReturnType<typeof createAuditService>>;
  const stream = `Project-${uuidv7()}`;
  const foreign = uuidv7();
  const [first, second] = [event({ stream }), event({ stream, version: 2, actor: 'key-admin', correlationId: 'c-2' })];
  const late = event({ recordedAt: '2026-03-02T00:00:00.000001Z' });
  const refused = reply('refused');

  beforeAll(async () => {
    audit = await createAuditService();
    await audit.publish([first, second, reply('accepted'), refused, late, event({ tenantId: foreign })]);
    await audit.publish([refused, first]);
    await eventually(async () => expect((await list('')).length).toBe(4));
  });

  afterAll(async () => {
    await audit[Symbol.asyncDispose]();
  });

  it('records every event and every refusal, once', async () => {
    const records = await list('');
    const types = records.map(({ type, outcome }) => `${type} ${outcome}`).toSorted();
    expect(types).toEqual([
      ...['CommandReplied refused', 'ProjectCreated accepted', 'ProjectCreated accepted', 'ProjectCreated accepted'],
    ]);
    expect(records.map(({ index }) => index)).toEqual(records.map(({ index }) => index).toSorted((a, b) => b - a));
  });

  it('shows a record as the contract has it', async () => {
    expect(await list(`?stream=${stream}&actor=key-admin`)).toEqual([
      {
        ...{ index: expect.any(Number), leafHash: expect.stringMatching(/^[0-9a-f]{64}$/), context: 'project' },
        ...{ recordedAt: '2026-03-01T10:00:00.123Z', stream, version: 2, type: 'ProjectCreated', actor: 'key-admin' },
        ...{ correlationId: 'c-2', causationId: 'cause', outcome: 'accepted', data: second.data },
      },
    ]);
  });

  it.each([
    [`?stream=${stream}`, 2],
    ['?actor=key-admin', 1],
    ['?type=CommandReplied', 1],
    ['?correlationId=c-2', 1],
    ['?outcome=refused', 1],
    ['?outcome=accepted', 3],
    ['?from=2026-03-02T00:00:00Z', 1],
    ['?to=2026-03-02T00:00:00Z', 3],
    ['?from=2026-03-02T01:00:00%2B01:00&to=2026-03-02T00:00:00.001Z', 1],
    ['?from=2026-03-01T10:00:00.123457Z', 1],
    [`?stream=${stream}&type=CommandReplied`, 0],
  ])('filters by %s', async (query, count) => {
    expect(await list(query)).toHaveLength(count);
  });

  it('pages, newest first', async () => {
    const all = await list('');
    const one = await audit.get('/v1/audit/records?first=3', { tenantId: TENANT });
    const two = await audit.get(`/v1/audit/records?first=3&after=${one.body.pageInfo.endCursor}`, { tenantId: TENANT });
    expect([...one.body.items, ...two.body.items]).toEqual(all);
    expect(two.body.pageInfo.hasNextPage).toBe(false);
  });

  it('shows a tenant nothing of another one', async () => {
    const { body } = await audit.get('/v1/audit/records', { tenantId: foreign });
    expect(body.items).toHaveLength(1);
    const none = await audit.get('/v1/audit/records', { tenantId: uuidv7() });
    expect(none.body).toEqual({ items: [], pageInfo: { endCursor: null, hasNextPage: false } });
  });

  it('is for auditors', async () => {
    const statusOf = async (role: string) =>
      (await audit.get('/v1/audit/records', { tenantId: TENANT, roles: [role] })).status;
    expect(await Promise.all(['admin', 'member', 'operator', 'agent'].map(statusOf))).toEqual([200, 403, 403, 403]);
  });

  it.each([
    'from=yesterday',
    'to=0000-01-01T00:00:00Z',
    'from=2026-01-01T00:00:00%2B23:00',
    'outcome=x',
    'after=x',
    'x=1',
  ])('refuses ?%s', async (query) => {
    const { status, body } = await audit.get(`/v1/audit/records?${query}`, { tenantId: TENANT });
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
  });

  it('shows facts about the system itself to auditors of every tenant', async () => {
    const stream = `Project-${uuidv7()}`;
    await audit.publish([event({ tenantId: SYSTEM_TENANT, stream })]);
    for (const tenantId of [TENANT, foreign]) {
      await eventually(async () => {
        const { body } = await audit.get(`/v1/audit/records?stream=${stream}`, { tenantId });
        expect(body.items).toHaveLength(1);
      });
    }
  });

  async function list(query: string): Promise<{ type: string; outcome: string; index: number }[]> {
    const { body } = await audit.get(`/v1/audit/records${query}`, { tenantId: TENANT });
    return body.items;
  }
});
