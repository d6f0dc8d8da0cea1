import { callerOf, type InternalTokenIssuer } from '@codex/platform';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { forward, type Timeouts } from '../proxy/forward';
import type { Upstream } from '../proxy/upstream';
import type { Gatekeeper } from '../routing/gatekeeper';
import { readers } from '../routing/route';

/** What serves GraphiQL. */
export interface GraphqlPageOptions {
  readonly gatekeeper: Gatekeeper;
  readonly upstream: Upstream;
  readonly issuer: InternalTokenIssuer;
  readonly timeouts: Timeouts;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
  /** In development the bare page needs no credentials: a browser has none to show. It can do nothing without them. */
  readonly open: boolean;
}

/** `GET /graphql`: a query in the URL, or the GraphiQL page. */
export function registerGraphqlPage(server: FastifyInstance, options: GraphqlPageOptions): void {
  const { gatekeeper, upstream, issuer, timeouts, stopping, open } = options;
  const isBarePage = (request: FastifyRequest): boolean =>
    open && request.url === '/graphql' && !gatekeeper.hasCredential(request);
  server.get('/graphql', {
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      if (!isBarePage(request)) await gatekeeper.admit(request, reply, readers);
    },
    handler: async (request, reply) => {
      const token = isBarePage(request) ? null : await issuer.tokenFor(callerOf(request));
      return forward(request, reply, { route: { method: 'GET', kind: 'query' }, upstream, timeouts, token, stopping });
    },
  });
}
