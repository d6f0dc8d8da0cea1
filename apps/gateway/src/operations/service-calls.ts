import { contextOf, callerOf, INTERNAL_TOKEN_HEADER, type InternalTokenIssuer } from '@codex/platform';
import type { FastifyRequest } from 'fastify';
import { request } from 'undici';
import { UpstreamFailure } from '../proxy/upstream-failure';
import type { Upstreams } from '../proxy/upstreams';
import type { ServiceName } from '../routing/route';

/** What a service answered to the gateway itself. */
export interface ServiceAnswer {
  readonly service: ServiceName;
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** One question to a service, in the name of whoever asks the gateway. */
export interface ServiceQuestion {
  readonly method: 'GET' | 'POST';
  /** Below the service's root, with its query. */
  readonly path: string;
  readonly body?: object;
  readonly timeoutMs: number;
}

/** Asks services in the name of the caller of a request, under the same breakers as everything that is passed on. */
export class ServiceCalls {
  constructor(
    private readonly upstreams: Upstreams,
    private readonly issuer: InternalTokenIssuer,
  ) {}

  /** Whatever it answers. Throws `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT` when it does not. */
  async ask(from: FastifyRequest, service: ServiceName, question: ServiceQuestion): Promise<ServiceAnswer> {
    const upstream = this.upstreams[service];
    const { method, path, body, timeoutMs } = question;
    const headers: Record<string, string> = {
      [INTERNAL_TOKEN_HEADER]: await this.issuer.tokenFor(callerOf(from)),
      'x-correlation-id': contextOf(from).correlationId,
      ...(body && { 'content-type': 'application/json' }),
    };
    return upstream.call('short', async () => {
      try {
        const options = { method, headers, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
        const answer = await request(upstream.url + path, { ...options, ...(body && { body: JSON.stringify(body) }) });
        return { service, status: answer.statusCode, body: (await answer.body.json()) as ServiceAnswer['body'] };
      } catch (error) {
        throw new UpstreamFailure(error);
      }
    });
  }

  /** Asks several services at once. Those that don't answer, or fail, are named instead. */
  async askAll(
    from: FastifyRequest,
    services: readonly ServiceName[],
    question: ServiceQuestion,
  ): Promise<{ readonly answers: readonly ServiceAnswer[]; readonly unavailable: readonly ServiceName[] }> {
    const all = await Promise.all(
      services.map((service) => this.ask(from, service, question).catch(() => ({ service, status: 503, body: {} }))),
    );
    const failed = all.filter(({ status }) => status >= 500).map(({ service }) => service);
    return { answers: all.filter(({ status }) => status < 500), unavailable: failed };
  }
}
