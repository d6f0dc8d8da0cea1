import type { Service, ServiceConfig } from '@codex/platform';
import type { FastifyInstance } from 'fastify';
import type { ExecutionResult } from 'graphql';
import mercurius, { type MercuriusOptions } from 'mercurius';
import { graphqlErrors } from './graphql-errors';
import { loaders } from './loaders';
import { resolvers } from './resolvers';
import { schemaSource } from './schema';
import { serveSubscriptions } from './subscription-server';
import { subscriptions } from './subscriptions';

/** As deep as the introspection of usual tools; what data costs is limited by the cost. */
const MAX_DEPTH = 16;

/**
 * Adds the GraphQL engine to the server; the route for queries is the controller's. They are compiled after their first
 * run. Subscriptions come over WebSocket.
 */
export async function registerGraphql(server: FastifyInstance, service: Service, config: ServiceConfig): Promise<void> {
  await server.register(mercurius, {
    schema: schemaSource,
    resolvers: { ...resolvers, ...loaders },
    routes: false,
    jit: 1,
    queryDepth: MAX_DEPTH,
    errorFormatter: ({ data, errors }: ExecutionResult) => ({
      statusCode: 200,
      response: { data: data ?? null, errors: graphqlErrors(errors ?? []) },
    }),
  } as unknown as MercuriusOptions);
  const fields = server.graphql.schema.getSubscriptionType()?.getFields() ?? {};
  for (const [name, field] of Object.entries(subscriptions)) Object.assign(fields[name]!, field);
  serveSubscriptions(server, service, config);
}
