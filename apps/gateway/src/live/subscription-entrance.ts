import type { IncomingHttpHeaders } from 'node:http';
import {
  acceptWebSockets,
  INTERNAL_TOKEN_HEADER,
  Problem,
  type InternalTokenIssuer,
  type Lifecycle,
  type RequestContext,
} from '@codex/platform';
import type { FastifyInstance } from 'fastify';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, MessageType } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Credential } from '../credentials/credential';
import type { Upstream } from '../proxy/upstream';
import { UpstreamFailure } from '../proxy/upstream-failure';
import type { Gatekeeper } from '../routing/gatekeeper';
import { readers } from '../routing/route';
import { relay } from './socket-relay';

/** What the entrance is made of. */
export interface SubscriptionEntranceOptions {
  readonly gatekeeper: Gatekeeper;
  readonly upstream: Upstream;
  readonly issuer: InternalTokenIssuer;
}

const PATH = '/graphql';
const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_CONNECTIONS = 1_000;
const INITIALISATION_MS = 5_000;
const HANDSHAKE_MS = 5_000;
const TRY_AGAIN_LATER = 1013;
const TOO_MANY_REQUESTS = 4429;

const closings: Readonly<Record<string, readonly [number, string]>> = {
  UNAUTHENTICATED: [CloseCode.Unauthorized, 'Unauthorized'],
  FORBIDDEN: [CloseCode.Forbidden, 'Forbidden'],
  RATE_LIMITED: [TOO_MANY_REQUESTS, 'Too many requests'],
};

/**
 * WebSocket on `/graphql`. The credentials are in the headers, or in the payload of `connection_init` as
 * `authorization` or `x-api-key` where headers can't be set; they end here, as with any other call. After that
 * messages are passed on as they are, until the credential expires: clients may try again after 4403.
 */
export function acceptSubscriptions(
  server: FastifyInstance,
  lifecycle: Lifecycle,
  options: SubscriptionEntranceOptions,
): void {
  const { gatekeeper } = options;
  acceptWebSockets<Credential | null>(server, lifecycle, {
    path: PATH,
    protocol: GRAPHQL_TRANSPORT_WS_PROTOCOL,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    maxConnections: MAX_CONNECTIONS,
    admit: ({ headers }) =>
      gatekeeper.hasCredential({ headers }) ? gatekeeper.admitConnection(headers, readers) : null,
    open: (socket, credential, context) => {
      if (socket.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
        return socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
      }
      welcome(socket, { ...options, credential, context });
    },
  });
}

interface Visit extends SubscriptionEntranceOptions {
  readonly credential: Credential | null;
  readonly context: RequestContext;
}

/** Waits for the first message, which must be `connection_init`. What comes before the service is there waits. */
function welcome(socket: WebSocket, visit: Visit): void {
  const tooLate = setTimeout(() => {
    socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout');
  }, INITIALISATION_MS).unref();
  socket.once('close', () => clearTimeout(tooLate));
  socket.once('message', (data: Buffer) => {
    clearTimeout(tooLate);
    const early: Buffer[] = [];
    const keep = (message: Buffer): void => void early.push(message);
    socket.on('message', keep);
    socket.pause();
    enter(socket, data, visit).then(
      ({ credential, service }) => {
        socket.off('message', keep);
        connect(socket, service, { gatekeeper: visit.gatekeeper, credential });
        early.forEach((message) => socket.emit('message', message, false));
        socket.resume();
      },
      (error: unknown) => {
        const known = error instanceof Problem ? closings[error.code] : undefined;
        const [code, reason] =
          known ?? (error instanceof BadMessage ? error.closing : [TRY_AGAIN_LATER, 'Try again later']);
        socket.resume();
        socket.close(code, reason);
      },
    );
  });
}

/** A first message that is not the one the protocol wants. */
class BadMessage extends Error {
  constructor(readonly closing: readonly [number, string]) {
    super(closing[1]);
  }
}

async function enter(
  socket: WebSocket,
  first: Buffer,
  { gatekeeper, upstream, issuer, credential: shown, context }: Visit,
): Promise<{ readonly credential: Credential; readonly service: WebSocket }> {
  const payload = initialisation(first);
  const credential = shown ?? (await gatekeeper.admitConnection(payload, readers));
  const token = await issuer.tokenFor(credential.caller);
  const headers = { [INTERNAL_TOKEN_HEADER]: token, 'x-correlation-id': context.correlationId };
  const service = await upstream.call('long', () => opened(upstream.url, headers));
  if (socket.readyState !== socket.OPEN) service.terminate();
  service.send(JSON.stringify({ type: MessageType.ConnectionInit }));
  return { credential, service };
}

/** The credentials in a `connection_init`, named as headers are. */
function initialisation(message: Buffer): IncomingHttpHeaders {
  const parsed = jsonOf(message);
  if (parsed === null) throw new BadMessage([CloseCode.BadRequest, 'Invalid message received']);
  const { type, payload } = parsed as { type?: unknown; payload?: unknown };
  if (type !== MessageType.ConnectionInit) throw new BadMessage([CloseCode.Unauthorized, 'Unauthorized']);
  const entries = Object.entries(typeof payload === 'object' && payload !== null ? payload : {});
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function jsonOf(message: Buffer): object | null {
  try {
    const parsed: unknown = JSON.parse(message.toString());
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}

function opened(url: string, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const service = new WebSocket(url.replace(/^http/, 'ws') + PATH, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
      headers,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: MAX_ANSWER_BYTES,
      perMessageDeflate: false,
    });
    service.once('open', () => resolve(service));
    service.on('error', (error) => {
      service.terminate();
      reject(new UpstreamFailure(error));
    });
  });
}

function connect(
  client: WebSocket,
  service: WebSocket,
  { gatekeeper, credential }: { readonly gatekeeper: Gatekeeper; readonly credential: Credential },
): void {
  const end = gatekeeper.endOf(credential);
  const close = (): void => client.close(CloseCode.Forbidden, 'Show your credentials again');
  end.addEventListener('abort', close, { once: true });
  client.once('close', () => end.removeEventListener('abort', close));
  relay(service, client);
  relay(client, service, () => {
    gatekeeper.countMessage(credential).catch(() => client.close(TOO_MANY_REQUESTS, 'Too many requests'));
    return client.readyState === client.OPEN;
  });
}
