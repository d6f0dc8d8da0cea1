import { Problem } from '@codex/platform';
import type { FastifyRequest } from 'fastify';
import { consumingServices, type ConsumingService } from './inbox-requests';
import type { ServiceAnswer, ServiceCalls } from './service-calls';

const QUERY_MS = 3_000;
const COMMAND_MS = 10_000;

export type ConsumerOrder = 'skip' | 'adopt';

/** The consumers of all services, and where they wait. */
export class Consumers {
  constructor(private readonly calls: ServiceCalls) {}

  /** Of all services, or of one. `unavailable` names those that could not be asked. */
  async list(from: FastifyRequest, service: ConsumingService | undefined) {
    const services = service === undefined ? consumingServices : [service];
    const question = { method: 'GET', path: '/internal/inbox/consumers', timeoutMs: QUERY_MS } as const;
    const { answers, unavailable } = await this.calls.askAll(from, services, question);
    return { items: answers.flatMap(({ body }) => body.items as readonly unknown[]), unavailable };
  }

  /** Passes an order on to the service that the group is named after. Throws `NOT_FOUND` when it is none of ours. */
  order(
    from: FastifyRequest,
    what: ConsumerOrder,
    body: { readonly group: string; readonly reason: string },
  ): Promise<ServiceAnswer> {
    const service = consumingServices.find((name) => body.group.startsWith(`${name}.`));
    if (service === undefined) throw new Problem('NOT_FOUND', `there is no consumer ${body.group}`);
    const path = `/internal/inbox/consumers/${what}`;
    return this.calls.ask(from, service, { method: 'POST', path, body, timeoutMs: COMMAND_MS });
  }
}
