/** One webhook. `id` is the same for every attempt, so that receivers can tell repeats. */
export interface WebhookMessage {
  readonly id: string;
  readonly at: Date;
  readonly url: string;
  readonly secret: string;
  readonly body: string;
}

/** An answer with any status, or why there was none. */
export type Sent =
  | { readonly statusCode: number; readonly error: null }
  | { readonly statusCode: null; readonly error: { readonly code: string; readonly message: string } };

/** Sends one webhook once; never rejects. */
export interface WebhookSender {
  send(message: WebhookMessage, signal: AbortSignal): Promise<Sent>;
}
