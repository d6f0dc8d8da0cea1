/** Where signing secrets are kept, and nowhere else. */
export abstract class SubscriptionSecrets {
  abstract put(subscriptionId: string, secret: string): Promise<void>;
  /** Null when the subscription was removed. */
  abstract of(subscriptionId: string): Promise<string | null>;
  abstract drop(subscriptionId: string): Promise<void>;
}
