import { streamId, type CommandMetadata, type CommandRunner } from '@codex/event-sourcing';
import { afterFailure } from '../domain/delivery-schedule';
import { deliveryDecider, type ConfirmDelivery, type GiveUpDelivery } from '../domain/delivery.decider';
import type { ClaimedDelivery, Deliveries } from './deliveries';
import type { Sent, WebhookSender } from './webhook-sender';

/** The actor of what this service does by itself. */
const NOTIFICATION = 'notification';
/** The receiver said that it does not want this any more. */
const GONE = 410;

/** What delivering needs. */
export interface DeliveringOptions {
  readonly sender: WebhookSender;
  readonly deliveries: Pick<Deliveries, 'postpone' | 'remove'>;
  readonly runner: Pick<CommandRunner, 'run'>;
  readonly newId: () => string;
  readonly now: () => Date;
  readonly random: () => number;
}

type Failure = GiveUpDelivery['data']['error'];

/**
 * Sends a claimed delivery once and records what came of it: the end as an event, anything else as a later due time. A crash
 * between sending and recording sends it again, under the same id.
 */
export async function deliver(
  delivery: ClaimedDelivery,
  signal: AbortSignal,
  options: DeliveringOptions,
): Promise<void> {
  const { target } = delivery;
  if (target === null) {
    return giveUp(delivery, { code: 'SUBSCRIPTION_REMOVED', message: 'the subscription was removed' }, options);
  }
  const { url, secret } = target;
  if (secret === null) {
    return giveUp(delivery, { code: 'SECRET_LOST', message: 'the secret was lost: subscribe anew' }, options);
  }
  const message = { id: delivery.deliveryId, at: options.now(), url, secret, body: bodyOf(delivery) };
  const sent = await options.sender.send(message, signal);
  if (signal.aborted) return;
  if (sent.error === null && sent.statusCode >= 200 && sent.statusCode < 300) {
    return confirm(delivery, sent.statusCode, options);
  }
  const step = afterFailure(delivery.attempts, sent.statusCode === GONE, options.random());
  if (step.next === 'give-up') return giveUp(delivery, failureOf(sent), options);
  return options.deliveries.postpone(delivery.deliveryId, step.delayMs);
}

function bodyOf({ eventType, createdAt, workItemId, projectId, title }: ClaimedDelivery): string {
  return JSON.stringify({ type: eventType, timestamp: createdAt, data: { workItemId, projectId, title } });
}

function failureOf(sent: Sent): Failure {
  if (sent.error !== null) return sent.error;
  return { code: 'HTTP_STATUS', message: `the receiver answered with status ${sent.statusCode}` };
}

async function confirm(delivery: ClaimedDelivery, statusCode: number, options: DeliveringOptions): Promise<void> {
  const data = { ...subjectOf(delivery), attempts: delivery.attempts, statusCode };
  await settle(delivery, { type: 'ConfirmDelivery', data, metadata: metadataOf(delivery, options) }, options);
}

async function giveUp(delivery: ClaimedDelivery, error: Failure, options: DeliveringOptions): Promise<void> {
  const data = { ...subjectOf(delivery), attempts: delivery.attempts, error };
  await settle(delivery, { type: 'GiveUpDelivery', data, metadata: metadataOf(delivery, options) }, options);
}

/** The event first: a row that a crash leaves behind is sent again, and its stream is settled already. */
async function settle(
  { deliveryId }: ClaimedDelivery,
  command: ConfirmDelivery | GiveUpDelivery,
  { runner, deliveries }: DeliveringOptions,
): Promise<void> {
  await runner.run(deliveryDecider, streamId(deliveryDecider.category, deliveryId), command);
  await deliveries.remove([deliveryId]);
}

function subjectOf({ deliveryId, subscriptionId, workItemId, projectId }: ClaimedDelivery) {
  return { deliveryId, subscriptionId, workItemId, projectId };
}

function metadataOf(delivery: ClaimedDelivery, { newId, now }: DeliveringOptions): CommandMetadata {
  const { tenantId, correlationId, traceparent } = delivery;
  const commandId = newId();
  const trace = traceparent === null ? {} : { traceparent };
  const who = { tenantId, actor: NOTIFICATION, correlationId };
  return { commandId, ...who, causationId: commandId, ...trace, now: now().toISOString() };
}
