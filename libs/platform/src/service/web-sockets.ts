import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { WebSocket, WebSocketServer } from 'ws';
import { openContext, runInContext, type RequestContext } from '../context/request-context';
import { Problem } from '../problems/problem';
import { problemDocument } from '../problems/problem-document';
import type { Lifecycle } from './lifecycle';

/** One path that speaks WebSocket besides HTTP. */
export interface WebSocketRoute<Admitted> {
  readonly path: string;
  /** The only subprotocol; who does not offer it gets none chosen. */
  readonly protocol: string;
  /** A larger message closes the connection with 1009. */
  readonly maxMessageBytes: number;
  /** More at a time are answered 503. */
  readonly maxConnections: number;
  /** Runs before the upgrade. What it throws is answered as problem+json. */
  admit(request: IncomingMessage, context: RequestContext): Promise<Admitted> | Admitted;
  /** Errors of the socket are taken care of; it is closed with 1001 when the service stops. */
  open(socket: WebSocket, admitted: Admitted, context: RequestContext): void;
}

/** What is sent in one turn of the event loop leaves in one write: events come in batches, and writes are what costs. */
class GatheringSocket extends WebSocket {
  private connection: Duplex | undefined;
  private isGathering = false;

  gatherOn(connection: Duplex): void {
    this.connection = connection;
  }

  override send(...message: unknown[]): void {
    this.gather();
    Reflect.apply(super.send, this, message);
  }

  private gather(): void {
    const { connection } = this;
    if (this.isGathering || connection === undefined) return;
    this.isGathering = true;
    connection.cork();
    setImmediate(() => {
      this.isGathering = false;
      connection.uncork();
    });
  }
}

const PING_MS = 20_000;
const GOING_AWAY = 1001;
const CLOSE_GRACE_MS = 2_000;

/**
 * Serves a WebSocket route below Fastify. Everything else that asks for an upgrade is served as plain HTTP, as if
 * nobody knew of upgrades (some clients offer h2c with every request). Clients that do not answer pings are cut off.
 */
export function acceptWebSockets<Admitted>(
  server: FastifyInstance,
  lifecycle: Lifecycle,
  route: WebSocketRoute<Admitted>,
): void {
  const sockets = new WebSocketServer({
    WebSocket: GatheringSocket,
    noServer: true,
    clientTracking: true,
    maxPayload: route.maxMessageBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(route.protocol) ? route.protocol : false),
  });
  const asksForIt = (request: IncomingMessage): boolean =>
    request.headers.upgrade?.toLowerCase() === 'websocket' && pathOf(request) === route.path;
  Object.assign(server.server, { shouldUpgradeCallback: asksForIt });
  server.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const context = openContext({ headers: request.headers } as FastifyRequest);
    const serve = (admitted: Admitted): void => {
      // Who is admitted after all were closed would keep the server from stopping.
      if (!lifecycle.servesRequests) return refuse(socket, unavailable(), context);
      sockets.handleUpgrade(request, socket, head, (accepted) => {
        accepted.gatherOn(socket);
        keepAlive(accepted);
        runInContext(context, () => route.open(accepted, admitted, context));
      });
    };
    socket.on('error', () => socket.destroy());
    admitted(route, { request, context, isOpen: lifecycle.servesRequests, count: sockets.clients.size }).then(
      serve,
      (error: unknown) => refuse(socket, error, context),
    );
  });
  lifecycle.signal.addEventListener('abort', () => closeAll(sockets));
}

interface Arrival {
  readonly request: IncomingMessage;
  readonly context: RequestContext;
  readonly isOpen: boolean;
  readonly count: number;
}

async function admitted<Admitted>(
  route: WebSocketRoute<Admitted>,
  { request, context, isOpen, count }: Arrival,
): Promise<Admitted> {
  if (!isOpen || count >= route.maxConnections) {
    throw unavailable();
  }
  return route.admit(request, context);
}

function unavailable(): Problem {
  return new Problem('UPSTREAM_UNAVAILABLE', undefined, { retryAfterS: 1 });
}

function keepAlive(socket: WebSocket): void {
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS).unref();
  socket.on('pong', () => (answered = true));
  socket.on('error', () => socket.terminate());
  socket.on('close', () => clearInterval(timer));
}

function closeAll(sockets: WebSocketServer): void {
  for (const socket of sockets.clients) {
    socket.close(GOING_AWAY, 'the service is stopping');
    setTimeout(() => socket.terminate(), CLOSE_GRACE_MS).unref();
  }
}

function refuse(socket: Duplex, error: unknown, { correlationId }: RequestContext): void {
  const { document, headers } = problemDocument(error, { instance: '', correlationId });
  const body = JSON.stringify(document);
  const lines = Object.entries({
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
    'x-correlation-id': correlationId,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${document.status} Refused\r\n${lines.join('')}\r\n${body}`);
}

function pathOf({ url = '' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}
