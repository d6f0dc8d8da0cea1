import { INTERNAL_TOKEN_HEADER } from '@codex/platform';
import type { FastifyRequest } from 'fastify';
import { Pool, request } from 'undici';
import { z } from 'zod';

const TIMEOUT_MS = 1000;
const positionAnswer = z.object({ position: z.number().int().nullable() });
const queueAnswer = z.object({ items: z.array(z.record(z.string(), z.unknown())), depth: z.number().int() });

/** Asks agent-manager about its run queue, as the caller of the request at hand. */
export class RunQueueClient {
  private readonly connections: Pool;

  constructor(private readonly baseUrl: string) {
    this.connections = new Pool(new URL(baseUrl).origin, { connections: 8 });
  }

  /** The place of a work item in the queue; null when it is not queued or agent-manager does not answer in time. */
  async positionOf(workItemId: string, caller: FastifyRequest): Promise<number | null> {
    const answer = await this.get(`/internal/work-items/${workItemId}/queue`, caller);
    const parsed = positionAnswer.safeParse(answer);
    return parsed.success ? parsed.data.position : null;
  }

  /** The next runs in claim order; null when agent-manager does not answer in time. */
  async queue(query: string, caller: FastifyRequest): Promise<z.output<typeof queueAnswer> | null> {
    const parsed = queueAnswer.safeParse(await this.get(`/v1/queue${query}`, caller));
    return parsed.success ? parsed.data : null;
  }

  async close(): Promise<void> {
    await this.connections.close();
  }

  private async get(path: string, caller: FastifyRequest): Promise<unknown> {
    try {
      const { statusCode, body } = await request(`${this.baseUrl}${path}`, {
        dispatcher: this.connections,
        headers: { [INTERNAL_TOKEN_HEADER]: String(caller.headers[INTERNAL_TOKEN_HEADER]) },
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return statusCode === 200 ? await body.json() : void (await body.dump());
    } catch {
      // The position is an extra of the answer: without it the other reasons still hold.
      return undefined;
    }
  }
}
