import type { Connection } from './connection';
import { OpsError } from './ops-error';

export interface Rebuild {
  readonly generation: number;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly percent: number;
  readonly secondsLeft: number | null;
  readonly error: string | null;
  readonly report: {
    readonly equal: boolean;
    readonly live: { readonly rows: number };
    readonly rebuilt: { readonly rows: number };
    readonly parked: readonly string[];
    readonly differences: readonly string[];
  } | null;
}

export interface Projection {
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly reason: string | null;
  readonly lagMs: number | null;
  readonly parked: number;
  readonly generations: readonly { readonly generation: number; readonly state: string }[];
  readonly rebuild: Rebuild | null;
}

export interface StreamState {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly recordedAt: string;
  readonly currentVersion: number;
  readonly state: unknown;
}

export interface Status {
  readonly services: readonly { readonly name: string; readonly status: string; readonly since: string }[];
  readonly relays: readonly {
    readonly service: string;
    readonly lagMs: number | null;
    readonly pending: number | null;
  }[];
  readonly projections: readonly { readonly name: string; readonly lagMs: number | null; readonly state: string }[];
  readonly queue: { readonly depth: number | null; readonly oldestReadyMs: number | null };
  readonly deadLetters: number | null;
  readonly waitingPartitions: number | null;
}

const TIMEOUT_MS = 30_000;

/** The operations part of the public API. Every failure is an {@link OpsError} that says what to do. */
export class OperationsApi {
  constructor(private readonly connection: Connection) {}

  status(): Promise<Status> {
    return this.call('GET', '/operations/status');
  }

  async projections(): Promise<readonly Projection[]> {
    return (await this.call<{ items: Projection[] }>('GET', '/operations/projections')).items;
  }

  projection(name: string): Promise<Projection> {
    return this.call('GET', `/operations/projections/${encodeURIComponent(name)}`);
  }

  rebuild(name: string): Promise<{ readonly generation: number }> {
    return this.call('POST', `/operations/projections/${encodeURIComponent(name)}/rebuild`);
  }

  returnProjection(name: string): Promise<Projection> {
    return this.call('POST', `/operations/projections/${encodeURIComponent(name)}/return`);
  }

  streamState(stream: string, asOf: { readonly version?: string; readonly at?: string }): Promise<StreamState> {
    const query = new URLSearchParams(Object.entries(asOf).filter(([, value]) => value !== undefined));
    return this.call('GET', `/operations/streams/${encodeURIComponent(stream)}?${query}`);
  }

  /** A path below `/v1`; the answer of anything but a success is thrown. */
  async call<Body>(method: string, path: string, content?: object): Promise<Body> {
    const { url, apiKey } = this.connection;
    const type = content && { 'content-type': 'application/json' };
    const headers = { 'x-api-key': apiKey, accept: 'application/json', ...type };
    const sent = content && { body: JSON.stringify(content) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${url}/v1${path}`, { method, headers, signal, ...sent }).catch((cause: unknown) => {
      throw new OpsError(`${url} does not answer: is the system running?`, { cause });
    });
    const body = (await response.json().catch(() => ({}))) as Body & {
      readonly code?: string;
      readonly detail?: string;
    };
    if (response.ok) return body;
    throw new OpsError(
      `${method} /v1${path} answered ${response.status} ${body.code ?? ''}: ${body.detail ?? 'no reason'}`,
    );
  }
}
