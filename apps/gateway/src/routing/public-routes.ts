import { callerOf, Problem, type InternalTokenIssuer } from '@codex/platform';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { defaultTimeouts, forward, type Timeouts } from '../proxy/forward';
import { registerProxy } from '../proxy/proxy.plugin';
import type { Upstreams } from '../proxy/upstreams';
import type { Gatekeeper } from './gatekeeper';
import type { GatewayRoute } from './route';

/** What the public routes are made of. */
export interface PublicRoutesOptions {
  readonly table: readonly GatewayRoute[];
  readonly gatekeeper: Gatekeeper;
  readonly upstreams: Upstreams;
  readonly issuer: InternalTokenIssuer;
  readonly timeouts?: Timeouts;
  /** Aborted when the gateway stops. */
  readonly stopping: AbortSignal;
}

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/**
 * Registers the table. Bodies are gathered up to their limit before anything is sent on, so a slow client holds no place
 * at a service; they are not parsed here, the service does that once and answers `MALFORMED_JSON`.
 */
export async function registerPublicRoutes(server: FastifyInstance, options: PublicRoutesOptions): Promise<void> {
  await registerProxy(server);
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  for (const route of options.table) registerRoute(server, route, options);
  // Without credentials nobody learns which paths exist.
  for (const url of ['/v1', '/v1/*']) server.route({ method: ALL_METHODS, url, ...nowhere(options) });
}

function registerRoute(server: FastifyInstance, route: GatewayRoute, options: PublicRoutesOptions): void {
  const { gatekeeper, upstreams, issuer, stopping, timeouts = defaultTimeouts } = options;
  const upstream = upstreams[route.service];
  server.route({
    method: route.method,
    url: route.path,
    exposeHeadRoute: false,
    ...(route.bodyLimitBytes === undefined ? {} : { bodyLimit: route.bodyLimitBytes }),
    onRequest: (request, reply) => gatekeeper.admit(request, reply, route.roles),
    handler: async (request, reply) => {
      const token = await issuer.tokenFor(callerOf(request));
      const endings = route.kind === 'live' ? [stopping, await gatekeeper.endOfRequest(request)] : [stopping];
      return forward(request, reply, { route, upstream, timeouts, token, endings });
    },
  });
}

function nowhere({ gatekeeper }: PublicRoutesOptions) {
  return {
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      await gatekeeper.admit(request, reply, null);
      throw new Problem('NOT_FOUND');
    },
    handler: (): never => {
      throw new Problem('NOT_FOUND');
    },
  };
}
