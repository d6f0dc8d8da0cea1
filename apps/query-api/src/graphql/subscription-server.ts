import { INTERNAL_TOKEN_HEADER, InternalTokenVerifier, acceptWebSockets, mayCall, Problem } from '@codex/platform';
import type { Caller, Service, ServiceConfig } from '@codex/platform';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, parse, validate, type GraphQLSchema } from 'graphql';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { LiveFeed } from '../live/live-feed';
import { graphqlErrors } from './graphql-errors';
import { QueryLimits } from './query-limits';
import type { SubscriptionContext } from './subscriptions';

interface Connection {
  readonly caller: Caller;
}

const READERS = ['member', 'operator', 'auditor'];
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 1_000;
const SUBSCRIPTIONS_OF_CONNECTION = 20;
/** With more than this on its way, the next event waits for the client. */
const HIGH_WATER_BYTES = 64 * 1024;

/** `graphql-transport-ws` on `/graphql`: subscriptions only, for callers with an internal token. */
export function serveSubscriptions(server: FastifyInstance, service: Service, config: ServiceConfig): void {
  const verifier = config.internalAuth === undefined ? null : new InternalTokenVerifier(config.internalAuth.publicKey);
  let protocol: Server<Connection> | undefined;
  acceptWebSockets<Caller>(server, service.lifecycle, {
    path: '/graphql',
    protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxConnections: MAX_CONNECTIONS,
    async admit({ headers }) {
      const token = headers[INTERNAL_TOKEN_HEADER];
      if (typeof token !== 'string' || verifier === null) throw new Problem('UNAUTHENTICATED');
      const caller = verifier.recall(token) ?? (await verifier.verify(token));
      if (!mayCall(caller, READERS)) throw new Problem('FORBIDDEN');
      return caller;
    },
    open(socket, caller) {
      protocol ??= subscriptionProtocol(server.graphql.schema, service.app.get(LiveFeed));
      speak(protocol, socket, caller);
    },
  });
}

function subscriptionProtocol(schema: GraphQLSchema, feed: LiveFeed): Server<Connection> {
  const limits = new QueryLimits(schema, 'subscriptions');
  return makeServer<Record<string, unknown>, Connection>({
    onSubscribe: ({ subscriptions, extra }, _id, payload) => {
      try {
        if (Object.keys(subscriptions).length > SUBSCRIPTIONS_OF_CONNECTION) {
          throw new Problem('RATE_LIMITED', `at most ${SUBSCRIPTIONS_OF_CONNECTION} subscriptions a connection`);
        }
        const contextValue: SubscriptionContext = { caller: extra.caller, feed };
        return { ...execution(schema, limits, payload), schema, contextValue };
      } catch (error) {
        return (Array.isArray(error) ? error : [error]).map(asGraphqlError);
      }
    },
    onNext: (_context, _id, _payload, _args, { data, errors }) =>
      errors === undefined ? undefined : { data: data ?? null, errors: graphqlErrors(errors) },
    onError: (_context, _id, _payload, errors) => graphqlErrors(errors),
  });
}

/** What to run; throws a problem, or the list of what is wrong with the document. */
function execution(schema: GraphQLSchema, limits: QueryLimits, payload: SubscribePayload) {
  const { query, variables, operationName } = payload;
  limits.check(query, variables ?? {}, operationName ?? undefined);
  const document = parse(query, { noLocation: true });
  const mistakes = validate(schema, document);
  if (mistakes.length > 0) throw mistakes;
  return { document, variableValues: variables, operationName };
}

function asGraphqlError(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  return new GraphQLError('refused', { originalError: error instanceof Error ? error : new Error(String(error)) });
}

/** A slow client is felt by its subscription, which takes the next event when there is room for it. */
function speak(protocol: Server<Connection>, socket: WebSocket, caller: Caller): void {
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (data) => sent(socket, data),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) =>
        socket.on('message', (data: Buffer, isBinary) => {
          if (isBinary) return socket.close(CloseCode.BadRequest, 'Invalid message received');
          take(data.toString()).catch(() => socket.close(CloseCode.InternalServerError, 'Internal server error'));
        }),
    },
    { caller },
  );
  socket.once('close', (code: number, reason: Buffer) => void closed(code, reason.toString()));
}

function sent(socket: WebSocket, data: string): Promise<void> | void {
  if (socket.bufferedAmount < HIGH_WATER_BYTES) return socket.send(data);
  return new Promise((resolve) => socket.send(data, () => resolve()));
}
