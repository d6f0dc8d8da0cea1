import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

/** How the stub treats the requests that come next. */
export type Behaviour = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** Stands for every service behind the gateway: answers what it got, or as it is told. */
export class StubService {
  readonly seen: { method: string; url: string; headers: FastifyRequest['headers']; body: unknown }[] = [];
  behaviour: Behaviour | null = null;
  ready = true;
  private server: FastifyInstance | undefined;
  private port = 0;

  async start(): Promise<string> {
    const server = fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024 });
    server.removeAllContentTypeParsers();
    server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    server.get('/health/ready', (_request, reply) => reply.code(this.ready ? 200 : 503).send({ status: 'up' }));
    server.get('/openapi.json', () => ({
      paths: { '/v1/projects/{projectId}': { get: { summary: 'one project', responses: {} } } },
    }));
    server.get('/internal/relay/status', () => ({ lagMs: 3, pending: 1 }));
    server.get('/internal/queue/status', () => ({ depth: 7, oldestReadyMs: 20 }));
    server.get('/internal/projections/status', () => ({ projections: [{ name: 'p' }] }));
    server.get('/internal/inbox/status', () => ({ parked: 2, waiting: 1 }));
    server.all('/*', (request, reply) => this.answer(request, reply));
    await server.listen({ port: this.port, host: '127.0.0.1' });
    this.port = (server.server.address() as { port: number }).port;
    this.server = server;
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }

  reset(): void {
    this.seen.length = 0;
    this.behaviour = null;
    this.ready = true;
  }

  private answer(request: FastifyRequest, reply: FastifyReply): unknown {
    const { method, url, headers, body } = request;
    this.seen.push({ method, url, headers, body });
    if (this.behaviour !== null) return this.behaviour(request, reply);
    return reply
      .code(method === 'POST' ? 201 : 200)
      .headers({ 'x-consistency-token': 'X-1@1' })
      .send({ url, body });
  }
}

/** Breaks the connection without an answer. */
export const breaks: Behaviour = (request, reply) => {
  request.raw.socket.destroy();
  return reply.hijack();
};

/** Never answers. */
export const hangs: Behaviour = (_request, reply) => reply.hijack();
