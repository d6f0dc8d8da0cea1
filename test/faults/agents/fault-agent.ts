import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import type { ClaimedRun } from '../load/journal';
import type { JournalledClient } from '../load/journalled-client';

const SLOTS = 4;
const CALL_WAIT_MS = 400;
const REGISTER_PAUSE_MS = 300;

/** An agent as a plain HTTP client, to be made to misbehave. Everything it is given and says is in the journal. */
export class FaultAgent {
  private constructor(
    private readonly client: JournalledClient,
    readonly id: string,
    /** A lease without heartbeat ends after so long. */
    readonly leaseTtlMs: number,
  ) {}

  /** Under a name nobody had before; tries until it is known. Null once the signal aborts. */
  static async register(client: JournalledClient, signal: AbortSignal): Promise<FaultAgent | null> {
    const body = { name: `fault-${uuidv7()}`, capabilities: ['noop'], slots: SLOTS };
    while (!signal.aborted) {
      const answer = await client.ask('POST', '/v1/agents', body);
      if (answer !== null && answer.status < 300) {
        return new FaultAgent(client, String(answer.body['id']), Number(answer.body['leaseTtlMs']));
      }
      await delay(REGISTER_PAUSE_MS);
    }
    return null;
  }

  /** What it was given; an answer that got lost is a claim that nobody works on. */
  async claim(max: number): Promise<readonly ClaimedRun[]> {
    const answer = await this.client.ask('POST', `/v1/agents/${this.id}/claims`, { max, waitMs: CALL_WAIT_MS });
    const items = (answer?.body['items'] ?? []) as readonly Omit<ClaimedRun, 'agentId'>[];
    const runs = items.map(({ runId, workItemId, attempt, leaseToken }): ClaimedRun => {
      return { agentId: this.id, runId, workItemId, attempt, leaseToken };
    });
    this.client.journal.claims.push(...runs);
    return runs;
  }

  /** What the server says about the run; null without an answer. */
  async heartbeat({ runId }: ClaimedRun, leaseToken: string): Promise<string | null> {
    const answer = await this.client.ask('POST', `/v1/agents/${this.id}/heartbeat`, { runs: [{ runId, leaseToken }] });
    const runs = (answer?.body['runs'] ?? []) as readonly { readonly status: string }[];
    return runs[0]?.status ?? null;
  }

  /** `repeated` goes on until it is answered. */
  complete({ runId, leaseToken }: ClaimedRun, how: { readonly repeated?: boolean } = {}): Promise<unknown> {
    return this.client.command('POST', `/v1/runs/${runId}/complete`, { leaseToken, result: { by: this.id } }, how);
  }

  fail({ runId, leaseToken }: ClaimedRun): Promise<unknown> {
    const error = { code: 'FAULT_TEST', message: 'this agent fails on purpose' };
    return this.client.command('POST', `/v1/runs/${runId}/fail`, { leaseToken, error }, { repeated: true });
  }

  /** Claims to have completed a run under a token that is not, or no longer, its lease's. */
  lie({ runId }: ClaimedRun, leaseToken: string): Promise<unknown> {
    return this.client.command('POST', `/v1/runs/${runId}/complete`, { leaseToken }, { mustFail: true });
  }
}
