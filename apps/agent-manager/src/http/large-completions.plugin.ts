import type { FastifyInstance } from 'fastify';

/** 8 MiB of artifacts in base64, and the result beside them. */
const COMPLETION_LIMIT_BYTES = 12 * 1024 * 1024;

/** Completions bring files along; every other body keeps the usual limit. */
export function allowLargeCompletions(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    if (route.url === '/v1/runs/:runId/complete') route.bodyLimit = COMPLETION_LIMIT_BYTES;
  });
}
