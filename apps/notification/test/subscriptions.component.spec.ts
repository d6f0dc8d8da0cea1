import { randomUUID } from 'node:crypto';
import {
  startNotificationService,
  stranger,
  type Answer,
  type NotificationService,
} from './notification-service.fixture';

let service: NotificationService;
beforeAll(async () => void (service = await startNotificationService(false)));
afterAll(() => service[Symbol.asyncDispose]());

const url = 'https://example.org/hook';
const create = (body: object = { url }, options = {}): Promise<Answer> =>
  service.send('POST', '/v1/subscriptions', body, options);
const list = (query = '', options = {}): Promise<Answer> =>
  service.send('GET', `/v1/subscriptions${query}`, undefined, options);
const remove = (id: string, options = {}): Promise<Answer> =>
  service.send('DELETE', `/v1/subscriptions/${id}`, undefined, options);

describe('POST /v1/subscriptions', () => {
  it('creates a subscription and shows its secret, which is kept nowhere else', async () => {
    const { status, headers, body } = await create({ url, description: 'mine' }, keyed(randomUUID()));
    expect(status).toBe(201);
    expect(headers['location']).toBe(`/v1/subscriptions/${body.id}`);
    expect(body).toMatchObject({
      version: 1,
      events: ['SubscriptionCreated'],
      secret: expect.stringMatching(/^whsec_.{44}$/),
    });
    const { rows } = await service.parts.pool.query<{ found: boolean }>(
      `select bool_or(found) as found from (
         select position(convert_to($1, 'utf8') in data) > 0 as found from event_store.events
         union all select strpos(c::text, $1) > 0 from event_store.commands c) as everything`,
      [body.secret],
    );
    expect(rows[0]!.found).toBe(false);
    expect((await list()).body.items.find(({ id }: { id: string }) => id === body.id)).toEqual({
      id: body.id,
      url,
      description: 'mine',
      projectId: null,
      createdBy: 'tester',
      createdAt: expect.stringMatching(/Z$/),
    });
  });

  it('repeats its answer for a repeated key, the secret included', async () => {
    const key = randomUUID();
    const first = await create({ url }, keyed(key));
    const again = await create({ url }, keyed(key));
    expect(again).toMatchObject({ status: 201, body: first.body, headers: { 'idempotent-replayed': 'true' } });
    const { rows } = await service.parts.pool.query('select count(*)::int as n from notification.secrets');
    const { rows: subscriptions } = await service.parts.pool.query(
      'select count(*)::int as n from notification.subscriptions',
    );
    expect(rows[0]).toEqual(subscriptions[0]);
  });

  it.each([
    'ftp://example.org/',
    'javascript:alert(1)',
    'https://me:secret@example.org/',
    'https://example.org/#x',
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data',
    'nonsense',
  ])('refuses %s', async (bad) => {
    expect(await create({ url: bad })).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  });
});

describe('a subscription', () => {
  it('is listed newest first, page by page, of one project when asked for', async () => {
    const projectId = randomUUID();
    const made: string[] = [];
    for (let n = 0; n < 3; n++) made.push((await create({ url, projectId })).body.id);
    const first = await list(`?projectId=${projectId}&first=2`);
    expect(idsOf(first)).toEqual([made[2], made[1]]);
    expect(first.body.pageInfo.hasNextPage).toBe(true);
    const second = await list(`?projectId=${projectId}&first=2&after=${first.body.pageInfo.endCursor}`);
    expect(idsOf(second)).toEqual([made[0]]);
    expect(second.body.pageInfo.hasNextPage).toBe(false);
    expect(await list('?after=nonsense')).toMatchObject({ status: 400 });
    expect(await list('?limit=3')).toMatchObject({ status: 400 });
  });

  it('is removed once, with its secret', async () => {
    const { id } = (await create()).body;
    expect(await remove(id)).toMatchObject({ status: 200, body: { events: ['SubscriptionRemoved'] } });
    expect(await remove(id)).toMatchObject({ status: 200, body: { events: [] } });
    expect(idsOf(await list())).not.toContain(id);
    const { rows } = await service.parts.pool.query('select 1 from notification.secrets where subscription_id = $1', [
      id,
    ]);
    expect(rows).toEqual([]);
  });

  it('is nothing to another tenant', async () => {
    const { id } = (await create()).body;
    expect(idsOf(await list('', { caller: stranger }))).toEqual([]);
    expect(await remove(id, { caller: stranger })).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await remove(randomUUID())).toMatchObject({ status: 404 });
  });
});

function keyed(key: string): object {
  return { headers: { 'idempotency-key': key } };
}

function idsOf({ body }: Answer): readonly string[] {
  return body.items.map(({ id }: { id: string }) => id);
}
