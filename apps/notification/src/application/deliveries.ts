/** A webhook that is still to be sent. */
export interface NewDelivery {
  readonly deliveryId: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly eventType: string;
  readonly title: string;
  readonly correlationId: string;
  readonly traceparent: string | null;
}

/**
 * One to be sent now, for the `attempts`-th time. Without a target its subscription was removed meanwhile; without a secret
 * that was lost with the database, and the subscription came back from its events.
 */
export interface ClaimedDelivery extends NewDelivery {
  readonly attempts: number;
  readonly createdAt: string;
  readonly target: { readonly url: string; readonly secret: string | null } | null;
}

/** Who wants to be told of an item. */
export interface Subscriber {
  readonly subscriptionId: string;
  readonly workItemId: string;
}

/** The deliveries of this service, within a transaction or on their own. */
export interface Deliveries {
  subscribersOf(
    items: readonly { readonly workItemId: string; readonly projectId: string; readonly tenantId: string }[],
  ): Promise<readonly Subscriber[]>;
  add(deliveries: readonly NewDelivery[]): Promise<void>;
  /** Takes deliveries that are due; each is due again after `leaseMs`, should this process die with it. */
  claim(limit: number, leaseMs: number): Promise<readonly ClaimedDelivery[]>;
  postpone(deliveryId: string, delayMs: number): Promise<void>;
  remove(deliveryIds: readonly string[]): Promise<void>;
}
