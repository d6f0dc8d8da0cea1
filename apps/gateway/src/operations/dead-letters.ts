import { Problem, type Page } from '@codex/platform';
import type { FastifyRequest } from 'fastify';
import { consumingServices, deadLetterCursor, type DeadLettersQuery } from './inbox-requests';
import type { ServiceAnswer, ServiceCalls } from './service-calls';

type Item = Readonly<Record<string, unknown>> & { readonly id: string };

/** A page of what all services keep; `unavailable` names those that could not be asked, whose items are missing. */
export interface MergedPage extends Page<Item> {
  readonly unavailable: readonly string[];
}

export type Act = 'redrive' | 'discard';

/** What an act on a failure group led to, in all services together. */
export interface GroupReceipt {
  readonly group: string;
  readonly redriven?: number;
  readonly discarded?: number;
  readonly parkedAgain: number;
  readonly remaining: number;
  readonly services: readonly Readonly<Record<string, unknown>>[];
  readonly unavailable: readonly string[];
}

const QUERY_MS = 3_000;
const COMMAND_MS = 10_000;
const PATH = '/internal/inbox';

/** The dead letters of all services as one. */
export class DeadLetters {
  constructor(private readonly calls: ServiceCalls) {}

  /** Newest first, across all services. */
  async list(from: FastifyRequest, query: DeadLettersQuery): Promise<MergedPage> {
    const { service, ...filter } = query;
    deadLetterCursor.decode(query.after);
    const services = service === undefined ? consumingServices : [service];
    const path = `${PATH}/dead-letters?${searchOf(filter)}`;
    const { answers, unavailable } = await this.calls.askAll(from, services, {
      method: 'GET',
      path,
      timeoutMs: QUERY_MS,
    });
    const pages = answers.map(({ body }) => body as unknown as Page<Item>);
    const items = pages.flatMap((page) => page.items).toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const shown = items.slice(0, query.first);
    const hasNextPage = items.length > query.first || pages.some(({ pageInfo }) => pageInfo.hasNextPage);
    const last = shown.at(-1);
    const endCursor = last === undefined ? null : deadLetterCursor.encode(last.id);
    return { items: shown, pageInfo: { endCursor, hasNextPage }, unavailable };
  }

  /** Throws `NOT_FOUND`, or `UPSTREAM_UNAVAILABLE` while a service that may have it does not answer. */
  async find(from: FastifyRequest, id: string): Promise<ServiceAnswer> {
    const path = `${PATH}/dead-letters/${id}`;
    const question = { method: 'GET', path, timeoutMs: QUERY_MS } as const;
    const { answers, unavailable } = await this.calls.askAll(from, consumingServices, question);
    const found = answers.find(({ status }) => status === 200);
    if (found !== undefined) return found;
    throw missing(unavailable);
  }

  /** Passes the act on to the service that has it. Throws like {@link find}. */
  async settle(from: FastifyRequest, id: string, { act, body }: { act: Act; body: object }): Promise<ServiceAnswer> {
    const { service } = await this.find(from, id);
    const path = `${PATH}/dead-letters/${id}/${act}`;
    return this.calls.ask(from, service, { method: 'POST', path, body, timeoutMs: COMMAND_MS });
  }

  /** Acts on the group in every service. Throws `NOT_FOUND` when nothing of it is parked anywhere. */
  async settleGroup(
    from: FastifyRequest,
    group: string,
    { act, body }: { readonly act: Act; readonly body: object },
  ): Promise<GroupReceipt> {
    const path = `${PATH}/failure-groups/${encodeURIComponent(group)}/${act}`;
    const question = { method: 'POST', path, body, timeoutMs: COMMAND_MS } as const;
    const { answers, unavailable } = await this.calls.askAll(from, consumingServices, question);
    const services = answers.map((answer) => answer.body as { [key in Count]: number }).filter(isTouched);
    if (services.length === 0) throw missing(unavailable);
    const sum = (key: Count): number => services.reduce((total, one) => total + one[key], 0);
    const settled = act === 'redrive' ? { redriven: sum('settled') } : { discarded: sum('settled') };
    const rest = { parkedAgain: sum('parkedAgain'), remaining: sum('remaining') };
    return { group, ...settled, ...rest, services, unavailable };
  }
}

type Count = 'settled' | 'parkedAgain' | 'remaining';

function isTouched(counts: Readonly<Record<Count, number>>): boolean {
  return counts.settled + counts.parkedAgain + counts.remaining > 0;
}

// Who did not answer may have it: that it does not exist can't be said.
function missing(unavailable: readonly string[]): Problem {
  if (unavailable.length === 0) return new Problem('NOT_FOUND');
  const detail = `nobody who answers knows it, and these do not answer: ${unavailable.join(', ')}`;
  return new Problem('UPSTREAM_UNAVAILABLE', detail, { retryAfterS: 1 });
}

function searchOf(filter: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}
