import type { WebSocket } from 'ws';

/** Above this a sender is paused, so that a slow reader costs no memory here. */
const HIGH_WATER_BYTES = 256 * 1024;
const ABNORMAL = 1011;
/** Codes that a peer reports but nobody may send. */
const NEVER_SENT = new Set([1004, 1005, 1006, 1015]);

/** Passes messages on, and the end. `onMessage` may refuse one by returning false. */
export function relay(from: WebSocket, to: WebSocket, onMessage: () => boolean = () => true): void {
  from.on('message', (data: Buffer, isBinary: boolean) => {
    if (!onMessage()) return;
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < HIGH_WATER_BYTES) from.resume();
    });
    if (to.bufferedAmount >= HIGH_WATER_BYTES) from.pause();
  });
  from.on('close', (code: number, reason: Buffer) => {
    if (to.readyState === to.OPEN) to.close(NEVER_SENT.has(code) ? ABNORMAL : code, reason);
    else if (to.readyState !== to.CLOSED) to.terminate();
  });
}
