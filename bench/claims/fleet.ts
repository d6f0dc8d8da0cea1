import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import type { Latencies } from '../load';
import type { ServiceProcess } from './service-process';

/** A run as an agent gets it. */
export interface LeasedRun {
  readonly runId: string;
  readonly leaseToken: string;
}

/** Agents of one tenant that speak to agent-manager as the gateway would for them. */
export class Fleet {
  private constructor(
    readonly tenantId: string,
    private readonly service: Pick<ServiceProcess, 'tokens'>,
    private readonly pool: Pool,
    private readonly slots: number,
    private readonly agents: readonly string[],
  ) {}

  static async register(
    service: Pick<ServiceProcess, 'url' | 'tokens'>,
    {
      agents,
      slots,
      tenantId = randomUUID(),
    }: { readonly agents: number; readonly slots: number; readonly tenantId?: string },
  ): Promise<Fleet> {
    const pool = new Pool(service.url, { connections: agents });
    const nobody = new Fleet(tenantId, service, pool, slots, []);
    const ids: string[] = [];
    for (let n = 0; n < agents; n++) ids.push(await nobody.registerOne(n));
    return new Fleet(tenantId, service, pool, slots, ids);
  }

  /** All claim as fast as they are answered, until their slots are full; how many runs they got. */
  async fill(batch: number, latencies: Latencies): Promise<number> {
    const counts = await Promise.all(this.agents.map((_, n) => this.fillOne(n, batch, latencies)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** One call of the n-th agent, without waiting; beyond the last one it starts with the first again. */
  async claim(n: number, max: number): Promise<readonly LeasedRun[]> {
    const agentId = this.agents[n % this.agents.length]!;
    return (await this.post<{ items: readonly LeasedRun[] }>(`/v1/agents/${agentId}/claims`, { max })).items;
  }

  async complete({ runId, leaseToken }: LeasedRun): Promise<void> {
    await this.post(`/v1/runs/${runId}/complete`, { leaseToken });
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async fillOne(n: number, batch: number, latencies: Latencies): Promise<number> {
    for (let claimed = 0; ;) {
      const calledAt = performance.now();
      const items = await this.claim(n, batch);
      latencies.add(performance.now() - calledAt);
      claimed += items.length;
      if (claimed >= this.slots) return claimed;
      if (items.length === 0) throw new Error(`an agent got nothing with ${claimed} of ${this.slots} slots busy`);
    }
  }

  private async registerOne(n: number): Promise<string> {
    const agent = { name: `bench-${n}`, capabilities: ['noop', 'process.run'], slots: this.slots };
    for (let attempt = 1; ; attempt++) {
      try {
        return (await this.post<{ id: string }>('/v1/agents', agent)).id;
      } catch (error) {
        // The service answers 503 until its migrations are done.
        if (attempt > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  private async post<Body>(path: string, body: object): Promise<Body> {
    const caller = { actor: 'bench', tenantId: this.tenantId, roles: ['agent'] };
    const headers = {
      'content-type': 'application/json',
      'x-internal-token': await this.service.tokens.tokenFor(caller),
    };
    const response = await this.pool.request({ method: 'POST', path, headers, body: JSON.stringify(body) });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`POST ${path}: ${response.statusCode} ${text.slice(0, 300)}`);
    return JSON.parse(text) as Body;
  }
}
