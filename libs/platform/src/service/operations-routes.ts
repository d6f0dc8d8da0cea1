import type { FastifyInstance } from 'fastify';
import type { HealthRegistry } from '../health/health-registry';
import { renderMetrics } from '../metrics/metrics';

/** Probes, metrics and the contract of a service: the routes that need no identity. */
export function registerOperationsRoutes(
  server: FastifyInstance,
  health: HealthRegistry,
  openApi: () => Promise<object>,
): void {
  server.get('/health/live', () => ({ status: 'up' }));
  server.get('/health/ready', async (_request, reply) => {
    const state = await health.check();
    return reply
      .code(state.status === 'down' ? 503 : 200)
      .header('cache-control', 'no-store')
      .send(state);
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await renderMetrics()),
  );
  if (!server.hasRoute({ method: 'GET', url: '/openapi.json' })) server.get('/openapi.json', () => openApi());
}
