import type { JsonValue } from '@codex/contracts';
import { Agent } from 'undici';
import type { Progress, ToolArtifact } from '../tools/tool';
import { GatewayRefusal, GatewayUnavailable } from './gateway-errors';

/** A run that this agent holds. The token proves it; whoever has it can end the run. */
export interface ClaimedRun {
  readonly runId: string;
  readonly workItemId: string;
  readonly projectId: string;
  readonly attempt: number;
  readonly toolRecipe: { readonly steps: readonly { readonly tool: string; readonly with: JsonValue }[] };
  readonly leaseToken: string;
  readonly timeoutMs: number | null;
  readonly traceparent: string | null;
  readonly correlationId?: string;
}

export interface Registration {
  readonly id: string;
  readonly heartbeatIntervalMs: number;
  readonly leaseTtlMs: number;
}

export interface Beat {
  readonly runId: string;
  readonly leaseToken: string;
  readonly progress: Progress | null;
}

export type BeatStatus = 'ok' | 'lost' | 'cancelled';

/** How a run ended. */
export type Ending =
  | { readonly kind: 'complete'; readonly result: JsonValue; readonly artifacts: readonly ToolArtifact[] }
  | {
      readonly kind: 'fail';
      readonly error: { readonly code: string; readonly message: string };
      readonly retryable: boolean;
    };

interface Call {
  readonly method: 'POST';
  readonly path: string;
  readonly body: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

const CALL_TIMEOUT_MS = 10_000;
const UPLOAD_TIMEOUT_MS = 60_000;
/** Beyond the longest wait of a claim, before the connection counts as dead. */
const CLAIM_MARGIN_MS = 10_000;

/**
 * The agents API as an agent uses it. Every call either has its answer, or rejects with {@link GatewayUnavailable} (try
 * again) or {@link GatewayRefusal} (the answer is no). Nothing is repeated here.
 */
export class GatewayClient {
  private readonly dispatcher: Agent;

  constructor(
    private readonly gatewayUrl: string,
    private readonly apiKey: string,
    connections: number,
  ) {
    this.dispatcher = new Agent({ connections, connect: { timeout: 5_000 }, keepAliveTimeout: 30_000 });
  }

  register(
    agent: {
      readonly name: string;
      readonly slots: number;
      readonly capabilities: readonly string[];
      readonly version: string;
    },
    signal: AbortSignal,
  ): Promise<Registration> {
    return this.call({ method: 'POST', path: '/v1/agents', body: agent, timeoutMs: CALL_TIMEOUT_MS, signal });
  }

  async claim(
    agentId: string,
    wish: { max: number; waitMs: number },
    signal: AbortSignal,
  ): Promise<readonly ClaimedRun[]> {
    const path = `/v1/agents/${agentId}/claims`;
    const timeoutMs = wish.waitMs + CLAIM_MARGIN_MS;
    const { items } = await this.call<{ items: ClaimedRun[] }>({ method: 'POST', path, body: wish, timeoutMs, signal });
    return items;
  }

  /** The status of each run, by id. */
  async heartbeat(agentId: string, beats: readonly Beat[]): Promise<ReadonlyMap<string, BeatStatus>> {
    const path = `/v1/agents/${agentId}/heartbeat`;
    const { runs } = await this.call<{ runs: { runId: string; status: BeatStatus }[] }>({
      method: 'POST',
      path,
      body: { runs: beats },
      timeoutMs: CALL_TIMEOUT_MS,
    });
    return new Map(runs.map(({ runId, status }) => [runId, status]));
  }

  /** Safe to repeat: the same token gets the same answer. */
  async end({ runId, leaseToken, ...run }: ClaimedRun, ending: Ending, signal: AbortSignal): Promise<void> {
    const headers = {
      ...(run.traceparent === null ? {} : { traceparent: run.traceparent }),
      ...(run.correlationId === undefined ? {} : { 'x-correlation-id': run.correlationId }),
    };
    const path = `/v1/runs/${runId}/${ending.kind}`;
    await this.call({
      method: 'POST',
      path,
      body: bodyOf(leaseToken, ending),
      timeoutMs: UPLOAD_TIMEOUT_MS,
      signal,
      headers,
    });
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  private async call<Answer>({ method, path, body, timeoutMs, signal, headers }: Call): Promise<Answer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    let status: number;
    let text: string;
    try {
      const response = await this.dispatcher.request({
        origin: this.gatewayUrl,
        path,
        method,
        body: JSON.stringify(body),
        headers: {
          'content-type': 'application/json',
          'x-api-key': this.apiKey,
          ...headers,
        },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      status = response.statusCode;
      text = await response.body.text();
    } catch (cause) {
      signal?.throwIfAborted();
      throw new GatewayUnavailable('the gateway does not answer', { cause });
    }
    return answerOf(status, text);
  }
}

function bodyOf(leaseToken: string, ending: Ending): object {
  if (ending.kind === 'fail') return { leaseToken, error: ending.error, retryable: ending.retryable };
  const artifacts = ending.artifacts.map(({ name, mediaType, content }) => ({
    name,
    mediaType,
    contentBase64: content.toString('base64'),
  }));
  return { leaseToken, result: ending.result, artifacts };
}

function answerOf<Answer>(status: number, text: string): Answer {
  const body = jsonOf(text);
  if (status >= 200 && status < 300 && body !== undefined) return body as Answer;
  const { code, detail } = (body ?? {}) as { code?: string; detail?: string };
  // What says nothing about the request itself passes; a proxy in between may also answer with something that is not JSON.
  if (status >= 500 || status === 429 || status === 408 || status < 400) {
    throw new GatewayUnavailable(`the gateway answered ${status} ${code ?? ''}`.trim());
  }
  throw new GatewayRefusal(status, code ?? 'UNKNOWN', detail ?? `the gateway answered ${status}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
