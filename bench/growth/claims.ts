import { generateKeyPairSync } from 'node:crypto';
import { topicCatalogue } from '@codex/contracts';
import { InternalTokenIssuer, type Ed25519Jwk } from '@codex/platform';
import type { Client } from 'pg';
import { ensureTopics } from '../../infra/local/topics';
import type { BenchResult } from '../bench-result';
import { Fleet, type LeasedRun } from '../claims/fleet';
import { startApp, type AppProcess } from '../front/app-process';
import { openLoop } from '../load';
import type { TakeResults } from '../bench-environment';
import { compare, forBoth, latencyFigures, type Both } from './compare';
import { publishAll } from './finished-runs';

const AGENTS = 8;
const SLOTS = 256;
const ROUNDS = 9;
const STARTS = 3;
const LOAD = { perSecond: 100, forMs: 1_000 };

/** A filled database of agent-manager, and the log beside it. */
export interface ClaimStore {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly client: Client;
  readonly tenantId: string;
}

/** The start of agent-manager, claims and completions over HTTP at the same rate, and claims when nothing waits. */
export async function growthOfClaims(stores: Both<ClaimStore>, take: TakeResults): Promise<void> {
  await forBoth((side) => publishAll(stores[side].client));
  await ensureTopics(stores.full.kafkaBrokers, topicCatalogue);
  take(
    await compare('start of agent-manager to ready', STARTS, async (side) => {
      const startedAt = performance.now();
      const service = await startAgentManager(stores[side]);
      const readyMs = Math.round(performance.now() - startedAt);
      await service.stop();
      return { readyMs };
    }),
  );
  const services = await forBoth((side) => startAgentManager(stores[side]));
  try {
    const fleets = await forBoth((side) =>
      Fleet.register(services[side], { agents: AGENTS, slots: SLOTS, tenantId: stores[side].tenantId }),
    );
    take(await claimsAndEnds(fleets));
    await forBoth((side) => stores[side].client.query(TAKE_BACK));
    let asked = 0;
    take(
      await compare(`claim: nothing waits, ${LOAD.perSecond}/s`, ROUNDS, async (side) =>
        latencyFigures(await openLoop(LOAD, async () => expectRuns(await fleets[side].claim(asked++, 1), 0))),
      ),
    );
    await forBoth((side) => fleets[side].close());
  } finally {
    await forBoth((side) => services[side].stop());
  }
}

const TAKE_BACK = `update agent_manager.runs set status = 'cancelled', ended_at = clock_timestamp() where status = 'queued'`;

async function claimsAndEnds(fleets: Both<Fleet>): Promise<BenchResult[]> {
  const held: Both<LeasedRun[]> = { empty: [], full: [] };
  let asked = 0;
  return compare(`claim, then complete, ${LOAD.perSecond}/s each`, ROUNDS, async (side) => {
    const fleet = fleets[side];
    const claims = await openLoop(LOAD, async () => {
      const runs = await fleet.claim(asked++, 1);
      expectRuns(runs, 1);
      held[side].push(...runs);
    });
    const ends = await openLoop(LOAD, () => fleet.complete(held[side].shift()!));
    const [claim, end] = [latencyFigures(claims), latencyFigures(ends)];
    return {
      claimP50Ms: claim['p50Ms']!,
      claimP99Ms: claim['p99Ms']!,
      endP50Ms: end['p50Ms']!,
      endP99Ms: end['p99Ms']!,
    };
  });
}

function expectRuns(runs: readonly LeasedRun[], count: number): void {
  if (runs.length !== count) throw new Error(`a claim got ${runs.length} runs in place of ${count}`);
}

async function startAgentManager({
  databaseUrl,
  kafkaBrokers,
}: ClaimStore): Promise<AppProcess & { tokens: InternalTokenIssuer }> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const service = await startApp('agent-manager', {
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: kafkaBrokers.join(','),
    INTERNAL_TOKEN_PUBLIC_KEY: JSON.stringify(publicKey.export({ format: 'jwk' })),
  });
  return { ...service, tokens: new InternalTokenIssuer(privateKey.export({ format: 'jwk' }) as unknown as Ed25519Jwk) };
}
