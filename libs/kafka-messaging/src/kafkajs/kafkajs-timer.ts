interface RequestQueue {
  readonly enforceRequestTimeout: boolean;
  readonly requestTimeout: number;
  readonly inflight: ReadonlyMap<number, { sentAt: number; requestTimeout: number; timeoutRequest(): void }>;
  requestTimeoutIntervalId: NodeJS.Timeout | undefined;
  isConnected(): boolean;
  destroy(): void;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  throttledUntil: number;
  pending: readonly unknown[];
  checkPendingRequests(): void;
}

const CHECK_INTERVAL_MS = 10;
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
let applied = false;

/**
 * kafkajs arms a 1 ms timer per connection for ever, 1,750 timers a second and 6 % of a core at idle. The replacement
 * arms one only while a request is really waiting: for the end of throttling, or 10 ms for a free place in flight
 * (an answer that frees one checks the queue by itself, so the timer is only a safety net). Requests that take too long
 * are looked for once a second instead of ten times: with a connection for each consumer that was most of what woke an
 * idle service.
 */
export function applyTimerFix(): void {
  if (applied) return;
  applied = true;
  // kafkajs has no entry for this; the file is part of the pinned version.
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  if (typeof prototype.checkPendingRequests !== 'function') throw new Error('kafkajs has changed: no request queue');
  Object.assign(prototype, { scheduleCheckPendingRequests: schedule, scheduleRequestTimeoutCheck: watchTimeouts });
}

function schedule(this: RequestQueue): void {
  if (this.throttleCheckTimeoutId) return;
  const waitMs = this.throttledUntil - Date.now();
  if (waitMs <= 0 && this.pending.length === 0) return;
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    },
    waitMs > 0 ? waitMs : CHECK_INTERVAL_MS,
  );
}

function watchTimeouts(this: RequestQueue): void {
  if (!this.enforceRequestTimeout) return;
  this.destroy();
  this.requestTimeoutIntervalId = setInterval(
    () => {
      const now = Date.now();
      for (const request of this.inflight.values()) {
        if (now - request.sentAt > request.requestTimeout) request.timeoutRequest();
      }
      if (!this.isConnected()) this.destroy();
    },
    Math.min(this.requestTimeout, TIMEOUT_CHECK_INTERVAL_MS),
  );
}
