import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { isAcknowledged, isRefused, type CommandAnswer, type CommandAttempt, type JournalWriter } from './journal';

export interface CommandOptions {
  /** Sent with an Idempotency-Key and repeated under it until there is an answer that settles it. */
  readonly repeated?: boolean;
  /** It must not be accepted: a lie about a lease. */
  readonly mustFail?: boolean;
}

const PATIENCE_MS = 8_000;
const REPEAT_FOR_MS = 90_000;

/** A client of the gateway that writes down every command it sends and what it was told. */
export class JournalledClient {
  constructor(
    private readonly gatewayUrl: string,
    private readonly apiKey: string,
    readonly journal: JournalWriter,
  ) {}

  /** The answer that counts; null when none came. Never throws for an answer, nor for the lack of one. */
  async command(
    method: string,
    path: string,
    body: unknown = {},
    options: CommandOptions = {},
  ): Promise<CommandAnswer | null> {
    const call = `fault-${uuidv7()}`;
    const key = options.repeated ? uuidv7() : null;
    const until = performance.now() + REPEAT_FOR_MS;
    for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      const answer = await this.request(method, path, { call, key, body });
      const mustFail = options.mustFail === true;
      const attempt: CommandAttempt = { call, method, path, key, answer, ...(mustFail && { mustFail }) };
      this.journal.commands.push(attempt);
      if (key === null || isSettled(attempt) || performance.now() > until) return answer;
      await delay(pauseMs);
    }
  }

  /** A question, or a call that is not written down; null when no answer came. */
  async ask(method: string, path: string, body?: unknown, timeoutMs = PATIENCE_MS): Promise<CommandAnswer | null> {
    return this.request(method, path, { body, timeoutMs });
  }

  private async request(
    method: string,
    path: string,
    sent: {
      readonly call?: string;
      readonly key?: string | null;
      readonly body?: unknown;
      readonly timeoutMs?: number;
    },
  ): Promise<CommandAnswer | null> {
    const headers: Record<string, string> = { 'x-api-key': this.apiKey };
    if (sent.call !== undefined) headers['x-correlation-id'] = sent.call;
    if (sent.key) headers['idempotency-key'] = sent.key;
    if (sent.body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(this.gatewayUrl + path, {
        method,
        headers,
        signal: AbortSignal.timeout(sent.timeoutMs ?? PATIENCE_MS),
        ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
      });
      const text = await response.text();
      const body = text === '' ? {} : (JSON.parse(text) as CommandAnswer['body']);
      return { status: response.status, body, replayed: response.headers.get('idempotent-replayed') === 'true' };
    } catch {
      return null;
    }
  }
}

function isSettled(attempt: CommandAttempt): boolean {
  if (attempt.answer?.status === 429 || attempt.answer?.body['code'] === 'COMMAND_IN_FLIGHT') return false;
  return isAcknowledged(attempt) || isRefused(attempt);
}
