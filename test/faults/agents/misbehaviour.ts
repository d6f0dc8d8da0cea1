import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { JournalledClient } from '../load/journalled-client';
import { FaultAgent } from './fault-agent';

/** How an agent can go wrong, and one that does not. */
export type Behaviour = 'honest' | 'failing' | 'dying' | 'stalling' | 'lying' | 'repeating' | 'stealing' | 'slow';

type Episode = (agent: FaultAgent, signal: AbortSignal) => Promise<'again' | 'dead'>;

const LATE_BY_MS = 3_000;
const BEAT_MS = 4_000;
/** Each costs a run the time of a lease, and an attempt. */
const MOST_DEATHS = 4;

const episodes: Readonly<Record<Behaviour, Episode>> = {
  async honest(agent) {
    for (const run of await agent.claim(2)) await agent.complete(run, { repeated: true });
    return 'again';
  },
  async failing(agent) {
    for (const run of await agent.claim(1)) await agent.fail(run);
    return 'again';
  },
  // Whatever it holds is lost with it.
  async dying(agent) {
    return (await agent.claim(1)).length > 0 ? 'dead' : 'again';
  },
  // Says nothing for longer than a lease lasts, and completes then: its run has gone on elsewhere.
  async stalling(agent, signal) {
    const runs = await agent.claim(1);
    if (runs.length === 0) return 'again';
    await pause(agent.leaseTtlMs + LATE_BY_MS, signal);
    for (const run of runs) {
      if (signal.aborted) await agent.fail(run);
      else await agent.lie(run, run.leaseToken);
    }
    return 'again';
  },
  async lying(agent) {
    for (const run of await agent.claim(1)) {
      await agent.lie(run, randomBytes(24).toString('base64url'));
      await agent.heartbeat(run, 'made-up');
      await agent.complete(run, { repeated: true });
    }
    return 'again';
  },
  async repeating(agent) {
    for (const run of await agent.claim(1)) {
      await agent.complete(run);
      await agent.complete(run);
      await agent.complete(run, { repeated: true });
    }
    return 'again';
  },
  // Uses the token of one of its runs for the other.
  async stealing(agent) {
    const [one, other] = await agent.claim(2);
    if (one !== undefined && other !== undefined) await agent.lie(one, other.leaseToken);
    for (const run of [one, other]) if (run !== undefined) await agent.complete(run, { repeated: true });
    return 'again';
  },
  // Takes longer than a lease lasts, and keeps it by heartbeats.
  async slow(agent, signal) {
    const [run] = await agent.claim(1);
    if (run === undefined) return 'again';
    for (let workedMs = 0; workedMs < agent.leaseTtlMs + LATE_BY_MS && !signal.aborted; workedMs += BEAT_MS) {
      await pause(BEAT_MS, signal);
      const status = await agent.heartbeat(run, run.leaseToken);
      if (status === 'lost' || status === 'cancelled') return 'again';
    }
    await agent.complete(run, { repeated: true });
    return 'again';
  },
};

/**
 * Agents that behave as they are named, each until it is told to stop; the dead are replaced, a few times
 * by others that die.
 */
export class FaultAgents {
  private readonly stopping = new AbortController();
  private readonly lives: readonly Promise<void>[];

  constructor(client: JournalledClient, behaviours: readonly Behaviour[], restMs = 500) {
    this.lives = behaviours.map((behaviour) => this.live(client, behaviour, restMs));
  }

  /** Without waiting for what they are doing in vain. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.lives);
  }

  private async live(client: JournalledClient, behaviour: Behaviour, restMs: number): Promise<void> {
    const { signal } = this.stopping;
    let agent: FaultAgent | null = null;
    for (let deaths = 0; !signal.aborted;) {
      agent ??= await FaultAgent.register(client, signal);
      if (agent === null) return;
      const outcome = await episodes[deaths < MOST_DEATHS ? behaviour : 'honest'](agent, signal);
      if (outcome === 'dead') {
        agent = null;
        deaths++;
      }
      await pause(restMs, signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => undefined);
}
