import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { Agent, request } from 'undici';
import type { Sent, WebhookMessage, WebhookSender } from '../application/webhook-sender';
import { isPublicAddress, literalAddress } from './public-address';

/** From the first byte out to the last one in. */
const TIMEOUT_MS = 10_000;
/** Whatever a receiver has to say beyond its status is read, but not kept. */
const MAX_ANSWER_BYTES = 64 * 1024;
const TARGET_NOT_ALLOWED = 'TARGET_NOT_ALLOWED';

class TargetNotAllowed extends Error {
  readonly code = TARGET_NOT_ALLOWED;
}

/**
 * Sends webhooks signed by the Standard Webhooks rules. Names are resolved once, and only public addresses are connected to
 * (all of them when `allowPrivate`), so that a name can't point inside. Redirects are not followed.
 */
export class HttpWebhookSender implements WebhookSender {
  private readonly agent: Agent;

  constructor(private readonly allowPrivate: boolean) {
    const lookup = allowPrivate ? systemLookup : publicLookup;
    this.agent = new Agent({
      connect: { lookup: lookup as LookupFunction, timeout: TIMEOUT_MS },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  async send(message: WebhookMessage, signal: AbortSignal): Promise<Sent> {
    try {
      return await this.post(message, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
    } catch (error) {
      return failureOf(error);
    }
  }

  close(): Promise<void> {
    return this.agent.destroy();
  }

  private async post({ id, at, url, secret, body }: WebhookMessage, signal: AbortSignal): Promise<Sent> {
    const literal = literalAddress(new URL(url));
    if (literal !== null && !this.allowPrivate && !isPublicAddress(literal)) throw new TargetNotAllowed();
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'codex-orchestrator-webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    };
    const answer = await request(url, { method: 'POST', headers, body, signal, dispatcher: this.agent });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES, signal });
    return { statusCode: answer.statusCode, error: null };
  }
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, []);
    const reachable = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = reachable;
    if (first === undefined) return callback(new TargetNotAllowed(), []);
    return options.all ? callback(null, reachable) : callback(null, first.address, first.family);
  });
};

/** What happened, in words that give nothing of the inside away. */
function failureOf(error: unknown): Sent {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  if (code === TARGET_NOT_ALLOWED) {
    return {
      statusCode: null,
      error: { code: TARGET_NOT_ALLOWED, message: 'the URL does not lead to a public address' },
    };
  }
  if (name === 'TimeoutError' || name === 'AbortError' || String(code).includes('TIMEOUT')) {
    return { statusCode: null, error: { code: 'TIMEOUT', message: `no answer within ${TIMEOUT_MS / 1000} s` } };
  }
  return { statusCode: null, error: { code: 'CONNECTION_FAILED', message: 'the receiver could not be reached' } };
}
