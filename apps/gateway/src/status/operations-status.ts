import { INTERNAL_TOKEN_HEADER } from '@codex/platform';
import { request } from 'undici';
import { consumingServices } from '../operations/inbox-requests';
import type { ServiceName } from '../routing/route';
import type { ServiceBoard, ServiceStatus } from './service-status';

/** What `GET /v1/operations/status` answers. What a service did not tell in time is null, or missing from a list. */
export interface OperationsStatus {
  readonly services: readonly ServiceStatus[];
  readonly projections: readonly unknown[];
  readonly relays: readonly { readonly service: string; readonly lagMs: unknown; readonly pending: unknown }[];
  readonly queue: { readonly depth: unknown; readonly oldestReadyMs: unknown };
  /** Messages that are parked now, in all services that told. */
  readonly deadLetters: number | null;
  /** Partitions that wait at a message, likewise. */
  readonly waitingPartitions: number | null;
  /** Services that did not tell what is parked. */
  readonly inboxesUnknown: readonly string[];
}

const TIMEOUT_MS = 2_000;

type Answer = Readonly<Record<string, unknown>> | null;

/** Gathers the state of the system from the services, all at once. */
export class OperationsStatusReader {
  constructor(
    private readonly urls: Readonly<Record<ServiceName, string>>,
    private readonly board: ServiceBoard,
  ) {}

  async read(token: string): Promise<OperationsStatus> {
    const ask = (service: ServiceName, path: string): Promise<Answer> => askService(this.urls[service] + path, token);
    const askEach = (path: string) =>
      Promise.all(consumingServices.map(async (service) => ({ service, answer: await ask(service, path) })));
    const [services, projections, queue, relays, inboxes] = await Promise.all([
      this.board.look(),
      ask('projector', '/internal/projections/status'),
      ask('agent-manager', '/internal/queue/status'),
      askEach('/internal/relay/status'),
      askEach('/internal/inbox/status'),
    ]);
    return {
      services,
      projections: Array.isArray(projections?.projections) ? projections.projections : [],
      relays: relays.flatMap(({ service, answer }) => relayOf(service, answer)),
      queue: { depth: queue?.depth ?? null, oldestReadyMs: queue?.oldestReadyMs ?? null },
      ...inboxesOf(inboxes),
    };
  }
}

function inboxesOf(inboxes: readonly { readonly service: string; readonly answer: Answer }[]) {
  const known = inboxes.flatMap(({ answer }) => (answer === null ? [] : [answer]));
  const sum = (key: 'parked' | 'waiting'): number | null =>
    known.length === 0 ? null : known.reduce<number>((total, answer) => total + Number(answer[key] ?? 0), 0);
  const inboxesUnknown = inboxes.filter(({ answer }) => answer === null).map(({ service }) => service);
  return { deadLetters: sum('parked'), waitingPartitions: sum('waiting'), inboxesUnknown };
}

function relayOf(service: string, answer: Answer): OperationsStatus['relays'] {
  return answer === null ? [] : [{ service, lagMs: answer.lagMs ?? null, pending: answer.pending ?? null }];
}

async function askService(url: string, token: string): Promise<Answer> {
  try {
    const { statusCode, body } = await request(url, {
      headers: { [INTERNAL_TOKEN_HEADER]: token },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const answer: unknown = await body.json();
    return statusCode === 200 && typeof answer === 'object' ? (answer as Answer) : null;
  } catch {
    return null;
  }
}
