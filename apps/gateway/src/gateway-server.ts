import { callerOf, InternalTokenIssuer, type HealthRegistry, type Lifecycle } from '@codex/platform';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { ApiKeys, readApiKeys } from './credentials/api-keys';
import { Authenticator } from './credentials/authenticator';
import { BearerTokens, remoteKeys } from './credentials/bearer-tokens';
import { RateLimit } from './credentials/rate-limit';
import { registerDocs } from './documents/docs-page';
import { fetchDocuments, MergedOpenApi } from './documents/merged-openapi';
import type { GatewayConfig } from './gateway.config';
import { ownOperations } from './documents/own-operations';
import { registerGraphqlConsole } from './documents/graphql-console';
import { defaultTimeouts, type Timeouts } from './proxy/forward';
import type { UpstreamOptions } from './proxy/upstream';
import { createUpstreams, reportUpstreams } from './proxy/upstreams';
import { Consumers } from './operations/consumers';
import { DeadLetters } from './operations/dead-letters';
import { registerOperations } from './operations/operations-routes';
import { ServiceCalls } from './operations/service-calls';
import { acceptSubscriptions } from './live/subscription-entrance';
import { Gatekeeper } from './routing/gatekeeper';
import { registerPublicRoutes } from './routing/public-routes';
import { serviceNames, type ServiceName } from './routing/route';
import { routeTable } from './routing/route-table';
import { OperationsStatusReader } from './status/operations-status';
import { ServiceBoard } from './status/service-status';

/** The surroundings that the platform gives. */
export interface GatewaySurroundings {
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
}

/** What tests make smaller or faster. */
export interface GatewayTuning {
  readonly timeouts?: Timeouts;
  readonly upstreams?: Partial<UpstreamOptions>;
  readonly longestLiveMs?: number;
}

/** The parts list of the gateway: credentials, limits, upstreams, the route table and its own three documents. */
export async function composeGateway(
  server: FastifyInstance,
  config: GatewayConfig,
  { logger, lifecycle, health }: GatewaySurroundings,
  tuning: GatewayTuning = {},
): Promise<void> {
  const urls = Object.fromEntries(serviceNames.map((name) => [name, config[`url:${name}`]])) as Record<
    ServiceName,
    string
  >;
  const upstreams = createUpstreams(urls, logger, tuning.upstreams);
  const issuer = new InternalTokenIssuer(config.edge.privateKey);
  const gatekeeper = new Gatekeeper(
    authenticatorOf(config),
    new RateLimit(config.edge.rateLimitPerSecond),
    tuning.longestLiveMs,
  );
  const timeouts = tuning.timeouts ?? defaultTimeouts;
  const stopping = lifecycle.signal;
  const board = new ServiceBoard(urls);
  const status = new OperationsStatusReader(urls, board);
  const openApi = new MergedOpenApi(routeTable, fetchDocuments(urls), ownOperations);

  reportUpstreams(health, upstreams);
  lifecycle.onStart('service board', () => board.start());
  lifecycle.onStop('connections', 'probes', () => {
    board.stop();
    Object.values(upstreams).forEach((upstream) => upstream.close());
  });
  server.addHook('onSend', async (_request, reply) => void reply.header('x-content-type-options', 'nosniff'));
  registerDocs(server);
  if (config.edge.graphqlConsole) registerGraphqlConsole(server);
  acceptSubscriptions(server, lifecycle, { gatekeeper, upstream: upstreams['query-api'], issuer });
  server.get('/openapi.json', () => openApi.document());
  const calls = new ServiceCalls(upstreams, issuer);
  const operated = { deadLetters: new DeadLetters(calls), consumers: new Consumers(calls) };
  await server.register(async (scope) => registerOperations(scope, { gatekeeper, ...operated }));
  await server.register(async (scope) => {
    await registerPublicRoutes(scope, { table: routeTable, gatekeeper, upstreams, issuer, timeouts, stopping });
    scope.get('/v1/operations/status', {
      onRequest: (request, reply) => gatekeeper.admit(request, reply, ['operator']),
      handler: async (request) => status.read(await issuer.tokenFor(callerOf(request))),
    });
  });
}

function authenticatorOf({ credentials }: GatewayConfig): Authenticator {
  const apiKeys = new ApiKeys(credentials.apiKeysFile === null ? [] : readApiKeys(credentials.apiKeysFile));
  const { jwt } = credentials;
  return new Authenticator(apiKeys, jwt === null ? null : new BearerTokens({ ...jwt, keys: remoteKeys(jwt.jwksUrl) }));
}
