import { randomUUID } from 'node:crypto';
import type { NotifySubscribersData } from '@codex/contracts';
import { eventually } from '@codex/testing';
import { Webhook } from 'standardwebhooks';
import { v7 as uuidv7 } from 'uuid';
import { deliver } from '../src/application/delivering';
import { DeliveryLoop } from '../src/application/delivery-loop';
import { PostgresDeliveries } from '../src/persistence/postgres-deliveries';
import { HttpWebhookSender } from '../src/webhook/webhook-sender';
import {
  itemOf,
  startNotificationService,
  startReceiver,
  type NotificationService,
} from './notification-service.fixture';

let service: NotificationService;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let sender: HttpWebhookSender;
let loop: DeliveryLoop;

beforeAll(async () => {
  service = await startNotificationService();
  receiver = await startReceiver();
  sender = new HttpWebhookSender(true);
  loop = loopWith(sender);
  loop.start();
});

afterAll(async () => {
  await loop.stop();
  await sender.close();
  await receiver.close();
  await service[Symbol.asyncDispose]();
});

describe('subscribers', () => {
  it('of the project and of the tenant are told, by signed webhooks', async () => {
    const projectId = randomUUID();
    const secret = await subscribe({ projectId });
    await subscribe({ projectId: randomUUID() });
    const item = itemOf(projectId);
    await service.notify(item);
    const { headers, body } = await eventually(() => receivedAbout(item)[0] ?? false);
    expect(JSON.parse(body)).toEqual({
      type: 'work-item.created',
      timestamp: expect.stringMatching(/Z$/),
      data: { workItemId: item.workItemId, projectId, title: item.title },
    });
    expect(() => new Webhook(secret).verify(body, headers as Record<string, string>)).not.toThrow();
    const delivered = await settled(headers['webhook-id'] as string);
    expect(delivered).toMatchObject({ type: 'NotificationDelivered', data: { attempts: 1, statusCode: 204 } });
    expect(receivedAbout(item)).toHaveLength(1);
  });

  it('are counted and the command is answered, also when there are none', async () => {
    const [item, lonely] = [itemOf(randomUUID()), itemOf(randomUUID())];
    await subscribe({ projectId: item.projectId });
    await service.notify(item, lonely);
    for (const [one, subscribers] of [[item, 1] as const, [lonely, 0] as const]) {
      const [event] = await service.parts.store.read(`Notification-${one.workItemId}`);
      expect(event).toMatchObject({ type: 'SubscribersNotified', data: { processId: one.processId, subscribers } });
    }
    expect(await outcomesFor(lonely)).toEqual(['accepted']);
  });

  it('are told once, however often the process asks', async () => {
    const item = itemOf(randomUUID());
    await subscribe({ projectId: item.projectId });
    await service.notify(item, item);
    await service.notify(item);
    await eventually(() => receivedAbout(item).length > 0);
    expect(await service.parts.store.read(`Notification-${item.workItemId}`)).toHaveLength(1);
    expect((await outcomesFor(item)).toSorted()).toEqual(['accepted', 'unchanged', 'unchanged']);
    expect(receivedAbout(item)).toHaveLength(1);
  });
});

describe('a delivery', () => {
  it('is repeated under the same id after a failure, and redirects are failures', async () => {
    const item = itemOf(randomUUID());
    await subscribe({ projectId: item.projectId });
    receiver.answers.push({ status: 500 }, { status: 307, headers: { location: `${receiver.url}/elsewhere` } });
    await service.notify(item);
    for (const sendings of [1, 2, 3]) {
      await eventually(() => receivedAbout(item).length === sendings);
      if (sendings < 3) await makeDue(item);
    }
    const ids = new Set(receivedAbout(item).map(({ headers }) => headers['webhook-id']));
    expect(ids.size).toBe(1);
    expect(await settled([...ids][0] as string)).toMatchObject({
      type: 'NotificationDelivered',
      data: { attempts: 3 },
    });
  });

  it('is given up after a bounded number of attempts', async () => {
    const item = itemOf(randomUUID());
    await subscribe({ projectId: item.projectId });
    receiver.answers.push(...Array.from({ length: 8 }, () => ({ status: 503 })));
    await service.notify(item);
    for (let sendings = 1; sendings <= 8; sendings++) {
      await eventually(() => receivedAbout(item).length === sendings);
      if (sendings < 8) await makeDue(item);
    }
    const id = receivedAbout(item)[0]!.headers['webhook-id'] as string;
    expect(await settled(id)).toMatchObject({
      type: 'NotificationFailed',
      data: { attempts: 8, error: { code: 'HTTP_STATUS', message: expect.stringContaining('503') } },
    });
    expect(await leftOf(item)).toBe(0);
  });

  it('is given up when the receiver is gone, or the subscription', async () => {
    const [gone, removed] = [itemOf(randomUUID()), itemOf(randomUUID())];
    await subscribe({ projectId: gone.projectId });
    receiver.answers.push({ status: 410 });
    await service.notify(gone);
    await eventually(async () => (await leftOf(gone)) === 0);
    const { id } = (
      await service.send('POST', '/v1/subscriptions', { url: receiver.url, projectId: removed.projectId })
    ).body;
    await service.notify(removed);
    await service.send('DELETE', `/v1/subscriptions/${id}`);
    await makeDue(removed);
    await eventually(async () => (await leftOf(removed)) === 0);
    expect(receivedAbout(gone)).toHaveLength(1);
  });

  it('does not go to private addresses unless that is allowed, also behind a name', async () => {
    const strict = new HttpWebhookSender(false);
    const { port } = new URL(receiver.url);
    const count = receiver.received.length;
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]']) {
      const message = {
        id: uuidv7(),
        at: new Date(),
        url: `http://${host}:${port}/`,
        secret: 'whsec_c2VjcmV0',
        body: '{}',
      };
      const sent = await strict.send(message, new AbortController().signal);
      expect(sent).toMatchObject({ statusCode: null, error: { code: 'TARGET_NOT_ALLOWED' } });
    }
    expect(receiver.received).toHaveLength(count);
    await strict.close();
  });

  it('is shared between replicas', async () => {
    const projectId = randomUUID();
    await subscribe({ projectId });
    const items = Array.from({ length: 40 }, () => itemOf(projectId));
    const other = loopWith(sender);
    other.start();
    await service.notify(...items);
    await eventually(() => items.every((item) => receivedAbout(item).length > 0));
    await other.stop();
    expect(items.map((item) => receivedAbout(item).length)).toEqual(items.map(() => 1));
  });
});

function loopWith(by: HttpWebhookSender): DeliveryLoop {
  const { pool, runner } = service.parts;
  const deliveries = new PostgresDeliveries(pool);
  const options = { sender: by, deliveries, runner, newId: uuidv7, now: () => new Date(), random: () => 1 };
  return new DeliveryLoop({
    deliveries,
    deliver: (delivery, signal) => deliver(delivery, signal, options),
    failed: (error) => {
      throw error;
    },
    concurrency: 4,
    leaseMs: 60_000,
    pollIntervalMs: 20,
  });
}

async function subscribe(body: { readonly projectId: string }): Promise<string> {
  return (await service.send('POST', '/v1/subscriptions', { url: receiver.url, ...body })).body.secret;
}

function receivedAbout({ workItemId }: NotifySubscribersData) {
  return receiver.received.filter(({ body }) => body.includes(workItemId));
}

async function makeDue({ workItemId }: NotifySubscribersData): Promise<void> {
  await eventually(async () => {
    const { rowCount } = await service.parts.pool.query(
      `update notification.deliveries set due_at = clock_timestamp()
       where work_item_id = $1 and due_at > clock_timestamp() and due_at < clock_timestamp() + interval '4 hours'
         and due_at - clock_timestamp() not between interval '50 s' and interval '60 s'`,
      [workItemId],
    );
    return rowCount! > 0 || (await leftOf({ workItemId } as NotifySubscribersData)) === 0;
  });
}

async function leftOf({ workItemId }: NotifySubscribersData): Promise<number> {
  const { rowCount } = await service.parts.pool.query('select 1 from notification.deliveries where work_item_id = $1', [
    workItemId,
  ]);
  return rowCount!;
}

function settled(deliveryId: string) {
  return eventually(async () => (await service.parts.store.read(`Delivery-${deliveryId}`))[0] ?? false);
}

async function outcomesFor({ workItemId }: NotifySubscribersData): Promise<readonly string[]> {
  const { pool, codec } = service.parts;
  const { rows } = await pool.query<{ schema_id: number; data: Buffer }>(
    `select schema_id, data from event_store.events where stream = $1 and kind = 'reply'`,
    [`WorkItem-${workItemId}`],
  );
  return rows.map((row) => (codec.decode(row.schema_id, row.data).data as { outcome: string }).outcome);
}
