import { NotFound } from '@codex/event-sourcing';
import { commandMetadata } from '@codex/event-sourcing/testing';
import { eventually } from '@codex/testing';
import { AgentGone } from '../domain/agent.errors';
import { ClaimDesk, type ServeClaims, type WaitingRequest } from './claim-desk';
import type { ClaimOutcome, LeasedRun } from './claim-round';

const nothing: ClaimOutcome = { agent: 'known', runs: [] };
const found = (...ids: string[]): ClaimOutcome => ({
  agent: 'known',
  runs: ids.map((runId) => ({ runId }) as LeasedRun),
});

/** A desk whose rounds are answered from a list, the last answer again and again. */
function deskWith(...answers: readonly (ClaimOutcome | Error)[]) {
  const rounds: (readonly string[])[] = [];
  const serve: ServeClaims = (_tenantId, requests) => {
    const answer = answers[Math.min(rounds.length, answers.length - 1)]!;
    rounds.push(requests.map(({ agentId }) => agentId));
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(requests.map(() => answer));
  };
  return { desk: new ClaimDesk({ serve, queueChanged: () => undefined, pollIntervalMs: 60_000 }), rounds };
}

function request(overrides: Partial<WaitingRequest> = {}): WaitingRequest {
  const { signal } = new AbortController();
  return { agentId: 'a1', max: 1, waitMs: 30_000, signal, command: commandMetadata(), ...overrides };
}

describe('the claim desk', () => {
  it('answers at once when there is work', async () => {
    const { desk } = deskWith(found('r1'));
    expect(await desk.claim(request())).toEqual([{ runId: 'r1' }]);
  });

  it('looks once for a request that does not wait', async () => {
    const { desk, rounds } = deskWith(nothing);
    expect(await desk.claim(request({ waitMs: 0 }))).toEqual([]);
    expect(rounds).toHaveLength(1);
  });

  it('serves requests of one turn in one round', async () => {
    const { desk, rounds } = deskWith(found('r1'));
    await Promise.all([desk.claim(request({ agentId: 'a1' })), desk.claim(request({ agentId: 'a2' }))]);
    expect(rounds).toEqual([['a1', 'a2']]);
  });

  it('rests while there is no news, and wakes on it', async () => {
    const { desk, rounds } = deskWith(nothing, found('r1'));
    const claim = desk.claim(request());
    await eventually(() => rounds.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(rounds).toHaveLength(1);
    desk.wake();
    expect(await claim).toEqual([{ runId: 'r1' }]);
  });

  it('does not miss news that comes while a round goes on', async () => {
    let answer: ClaimOutcome = nothing;
    const rounds: number[] = [];
    const desk = new ClaimDesk({
      queueChanged: () => undefined,
      pollIntervalMs: 60_000,
      serve: async (_tenantId, requests) => {
        const now = answer;
        rounds.push(requests.length);
        if (rounds.length === 1) {
          answer = found('r1');
          desk.wake();
        }
        await new Promise((resolve) => setImmediate(resolve));
        return requests.map(() => now);
      },
    });
    expect(await desk.claim(request())).toEqual([{ runId: 'r1' }]);
  });

  it('ends the wait with nothing when the time is over', async () => {
    const { desk } = deskWith(nothing);
    expect(await desk.claim(request({ waitMs: 20 }))).toEqual([]);
  });

  it('claims nothing for a caller that has gone', async () => {
    const { desk, rounds } = deskWith(nothing, found('r1'));
    const gone = new AbortController();
    const claim = desk.claim(request({ signal: gone.signal }));
    await eventually(() => rounds.length === 1);
    gone.abort();
    expect(await claim).toEqual([]);
    desk.wake();
    await new Promise((resolve) => setImmediate(resolve));
    expect(rounds).toHaveLength(1);
  });

  it('looks at everybody, also when they want more than one round gives', async () => {
    const { desk, rounds } = deskWith(nothing);
    const claims = Array.from({ length: 7 }, (_, n) => desk.claim(request({ agentId: `a${n}`, max: 100, waitMs: 0 })));
    expect((await Promise.all(claims)).flat()).toEqual([]);
    expect(rounds.flat().sort()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  });

  it('refuses agents that do not exist or have left', async () => {
    await expect(deskWith({ agent: 'missing' }).desk.claim(request())).rejects.toThrow(NotFound);
    await expect(deskWith({ agent: 'gone' }).desk.claim(request())).rejects.toThrow(AgentGone);
  });

  it('passes a failure on to those it concerns and goes on', async () => {
    const { desk } = deskWith(new Error('no database'), found('r1'));
    await expect(desk.claim(request())).rejects.toThrow('no database');
    expect(await desk.claim(request())).toEqual([{ runId: 'r1' }]);
  });

  it('lets everybody go when it closes', async () => {
    const { desk, rounds } = deskWith(nothing);
    const claim = desk.claim(request());
    await eventually(() => rounds.length === 1);
    desk.close();
    expect(await claim).toEqual([]);
    expect(await desk.claim(request())).toEqual([]);
    expect(rounds).toHaveLength(1);
  });
});
