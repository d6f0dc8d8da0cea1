import { restoreEvents } from '@codex/event-store-postgres/testing';
import { createTestDatabase, eventually } from '@codex/testing';
import { v7 as uuidv7 } from 'uuid';
import { deliver } from '../src/application/delivering';
import { PostgresDeliveries } from '../src/persistence/postgres-deliveries';
import { HttpWebhookSender } from '../src/webhook/webhook-sender';
import {
  itemOf,
  serveNotification,
  startNotificationService,
  startReceiver,
  type NotificationService,
} from './notification-service.fixture';

describe('a notification service whose database was lost and restored from its events', () => {
  let service: NotificationService;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let sender: HttpWebhookSender;

  beforeEach(async () => {
    service = await startNotificationService();
    receiver = await startReceiver();
    sender = new HttpWebhookSender(true);
  });

  afterEach(async () => {
    await sender.close();
    await receiver.close();
    await service[Symbol.asyncDispose]();
  });

  it('knows who is subscribed, sends nothing that it can not sign, and says so', async () => {
    const kept = await subscribe();
    const removed = await subscribe();
    await service.send('DELETE', `/v1/subscriptions/${removed.id}`);
    await loseAndRestore();
    expect((await service.send('GET', '/v1/subscriptions')).body.items).toMatchObject([{ id: kept.id }]);
    const [failed] = await notifyAndDeliver();
    expect(failed).toMatchObject({
      ...{ type: 'NotificationFailed', data: { subscriptionId: kept.id, error: { code: 'SECRET_LOST' } } },
    });
    expect(receiver.received).toEqual([]);
  });

  it('sends to who subscribes anew', async () => {
    const { id } = await subscribe();
    await loseAndRestore();
    await service.send('DELETE', `/v1/subscriptions/${id}`);
    const anew = await subscribe();
    const [delivered] = await notifyAndDeliver();
    expect(delivered).toMatchObject({ type: 'NotificationDelivered', data: { subscriptionId: anew.id } });
    expect(receiver.received).toHaveLength(1);
  });

  it('tells a process once, also when it asks again after the loss', async () => {
    await subscribe();
    const item = itemOf(uuidv7());
    await service.notify(item);
    await loseAndRestore();
    await service.notify(item);
    expect(await service.parts.store.read(`Notification-${item.workItemId}`)).toHaveLength(1);
  });

  async function subscribe(): Promise<{ readonly id: string }> {
    return (await service.send('POST', '/v1/subscriptions', { url: receiver.url })).body;
  }

  /** The ends of the deliveries of one item. */
  async function notifyAndDeliver() {
    const { pool, runner, store } = service.parts;
    const deliveries = new PostgresDeliveries(pool);
    await service.notify(itemOf(uuidv7()));
    const claimed = await eventually(async () => {
      const found = await deliveries.claim(10, 60_000);
      return found.length > 0 && found;
    });
    const options = { sender, deliveries, runner, newId: uuidv7, now: () => new Date(), random: () => 1 };
    const ends = [];
    for (const delivery of claimed) {
      await deliver(delivery, new AbortController().signal, options);
      ends.push((await store.read(`Delivery-${delivery.deliveryId}`)).at(-1));
    }
    return ends;
  }

  async function loseAndRestore(): Promise<void> {
    const database = await createTestDatabase('notification');
    await restoreEvents(service.parts.pool, {
      ...{ url: database.url, service: 'notification', topic: 'notification.events.v1' },
    });
    await service[Symbol.asyncDispose]();
    service = await serveNotification(database);
  }
});
