// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent, DomainCommand } from '@codex/event-sourcing';
import type { Failure } from './nested-types.gen';

/** The receiver acknowledged the webhook. */
export type NotificationDeliveredData = {
  /** The delivery. */
  readonly deliveryId: string;
  /** The subscription. */
  readonly subscriptionId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** How often it was sent. */
  readonly attempts: number;
  /** HTTP status of the answer. */
  readonly statusCode: number;
};

/** The receiver acknowledged the webhook. */
export type NotificationDelivered = DomainEvent<'NotificationDelivered', NotificationDeliveredData>;

/** The webhook was given up. */
export type NotificationFailedData = {
  /** The delivery. */
  readonly deliveryId: string;
  /** The subscription. */
  readonly subscriptionId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** How often it was sent. */
  readonly attempts: number;
  /** Why. */
  readonly error: Failure;
};

/** The webhook was given up. */
export type NotificationFailed = DomainEvent<'NotificationFailed', NotificationFailedData>;

/** Tell the subscribers that the work item was created. */
export type NotifySubscribersData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that sent it and waits for the answer. */
  readonly processId: string;
  /** Title of the work item. */
  readonly title: string;
  /** Actor who created it. */
  readonly createdBy: string;
};

/** Tell the subscribers that the work item was created. */
export type NotifySubscribers = DomainCommand<'NotifySubscribers', NotifySubscribersData>;

/** The subscribers of a work item were looked up and their deliveries queued. */
export type SubscribersNotifiedData = {
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** The process that asked for it. */
  readonly processId: string;
  /** How many deliveries were queued. */
  readonly subscribers: number;
};

/** The subscribers of a work item were looked up and their deliveries queued. */
export type SubscribersNotified = DomainEvent<'SubscribersNotified', SubscribersNotifiedData>;

/** Somebody wants to be told by a webhook. */
export type SubscriptionCreatedData = {
  /** The subscription. */
  readonly subscriptionId: string;
  /** Only this project; null for all of the tenant. */
  readonly projectId: string | null;
  /** Where the webhook goes. */
  readonly url: string;
  /** For a person. */
  readonly description: string | null;
  /** Actor who created it. */
  readonly createdBy: string;
};

/** Somebody wants to be told by a webhook. */
export type SubscriptionCreated = DomainEvent<'SubscriptionCreated', SubscriptionCreatedData>;

/** The subscription ended. */
export type SubscriptionRemovedData = {
  /** The subscription. */
  readonly subscriptionId: string;
  /** Its project, if it had one. */
  readonly projectId: string | null;
};

/** The subscription ended. */
export type SubscriptionRemoved = DomainEvent<'SubscriptionRemoved', SubscriptionRemovedData>;

/** Every event of the context notification. */
export type NotificationEvent =
  | NotificationDelivered
  | NotificationFailed
  | SubscribersNotified
  | SubscriptionCreated
  | SubscriptionRemoved;

/** Every command of the context notification. */
export type NotificationCommand =
  | NotifySubscribers;
