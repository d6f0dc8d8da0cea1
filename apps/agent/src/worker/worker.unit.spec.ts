import { createLogger } from '@codex/platform';
import { eventually } from '@codex/testing';
import type { Beat, BeatStatus, ClaimedRun, Ending } from '../gateway/gateway-client';
import { GatewayRefusal, GatewayUnavailable } from '../gateway/gateway-errors';
import type { ExecutionOutcome } from './run-execution';
import { Worker, type WorkerParts } from './worker';

/** A gateway that is scripted: it hands out runs and remembers what it was told. */
class FakeGateway {
  readonly registrations: string[] = [];
  readonly wishes: number[] = [];
  readonly ended: { readonly runId: string; readonly ending: Ending }[] = [];
  readonly beats: Beat[] = [];
  readonly statuses = new Map<string, BeatStatus>();
  readonly troubles: { register: Error[]; claim: Error[]; end: Error[]; heartbeat: Error[] } = {
    register: [],
    claim: [],
    end: [],
    heartbeat: [],
  };
  private readonly waiting: ClaimedRun[] = [];
  private answer: (() => void) | null = null;

  offer(...runs: readonly Partial<ClaimedRun>[]): void {
    for (const run of runs) {
      const { runId = `run-${this.waiting.length}` } = run;
      this.waiting.push({
        runId,
        workItemId: 'w1',
        projectId: 'p1',
        attempt: 1,
        toolRecipe: { steps: [] },
        leaseToken: `token-${runId}`,
        timeoutMs: null,
        traceparent: null,
        ...run,
      });
    }
    this.answer?.();
  }

  register = ({ name }: { name: string }) => {
    this.registrations.push(name);
    const trouble = this.troubles.register.shift();
    return trouble ? Promise.reject(trouble) : Promise.resolve({ id: 'a1', heartbeatIntervalMs: 20, leaseTtlMs: 300 });
  };

  claim = async (_: string, { max }: { max: number }, signal: AbortSignal): Promise<readonly ClaimedRun[]> => {
    this.wishes.push(max);
    const trouble = this.troubles.claim.shift();
    if (trouble) throw trouble;
    while (this.waiting.length === 0) {
      await new Promise<void>((resolve, reject) => {
        this.answer = resolve;
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    return this.waiting.splice(0, max);
  };

  heartbeat = (_: string, beats: readonly Beat[]) => {
    const trouble = this.troubles.heartbeat[0];
    if (trouble) return Promise.reject(trouble);
    this.beats.push(...beats);
    return Promise.resolve(new Map(beats.map(({ runId }) => [runId, this.statuses.get(runId) ?? ('ok' as const)])));
  };

  end = ({ runId }: ClaimedRun, ending: Ending) => {
    const trouble = this.troubles.end.shift();
    if (trouble) return Promise.reject(trouble);
    this.ended.push({ runId, ending });
    return Promise.resolve();
  };
}

const away = () => new GatewayUnavailable('away');
const done: Ending = { kind: 'complete', result: 1, artifacts: [] };
/** Works until it is stopped. */
const endless: WorkerParts['work'] = (_, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('a worker', () => {
  let gateway: FakeGateway;
  let worker: Worker;
  let outcomes: ExecutionOutcome[];

  function start(work: WorkerParts['work'] = () => Promise.resolve(done), slots = 2): void {
    gateway = new FakeGateway();
    outcomes = [];
    worker = new Worker({
      client: gateway,
      profile: { name: 'tester', slots, capabilities: ['noop'], version: '1' },
      work,
      logger: createLogger('test', 'silent'),
      ended: (outcome) => outcomes.push(outcome),
      finishMs: 50,
    });
    worker.start();
  }
  afterEach(() => worker.stop());

  it('registers, runs what it gets and reports it', async () => {
    start();
    gateway.offer({ runId: 'r1' }, { runId: 'r2' }, { runId: 'r3' });
    await eventually(() => gateway.ended.length === 3);
    expect(gateway.registrations).toEqual(['tester']);
    expect(gateway.ended.map(({ runId }) => runId).toSorted()).toEqual(['r1', 'r2', 'r3']);
    await eventually(() => worker.busySlots === 0);
    expect(worker.trouble).toBeNull();
  });

  it('never takes more than its free slots', async () => {
    start(endless);
    gateway.offer({ runId: 'r1' });
    await eventually(() => worker.busySlots === 1 && gateway.wishes.length === 2);
    gateway.offer({ runId: 'r2' }, { runId: 'r3' });
    await eventually(() => worker.busySlots === 2);
    expect(gateway.wishes).toEqual([2, 1]);
  });

  it('keeps the leases of what it runs, with the progress since the last time', async () => {
    start((_, signal, report) => {
      report({ percent: 10, message: 'on it' });
      return endless(_, signal, report);
    });
    gateway.offer({ runId: 'r1' });
    await eventually(() => gateway.beats.length >= 2);
    expect(gateway.beats.slice(0, 2)).toEqual([
      { runId: 'r1', leaseToken: 'token-r1', progress: { percent: 10, message: 'on it' } },
      { runId: 'r1', leaseToken: 'token-r1', progress: null },
    ]);
  });

  it.each(['cancelled', 'lost'] as const)('stops a run that was %s, and does not report it', async (status) => {
    start(endless);
    gateway.offer({ runId: 'r1' });
    await eventually(() => worker.busySlots === 1);
    gateway.statuses.set('r1', status);
    await eventually(() => outcomes.length === 1);
    expect([outcomes, gateway.ended]).toEqual([[status], []]);
  });

  it('stops a run whose lease could not be renewed for as long as it lasts', async () => {
    start(endless);
    gateway.offer({ runId: 'r1' });
    await eventually(() => worker.busySlots === 1);
    gateway.troubles.heartbeat = [away()];
    await eventually(() => outcomes.length === 1);
    expect([outcomes, gateway.ended]).toEqual([['lost'], []]);
  });

  it('reports under the same token until it is answered', async () => {
    start();
    gateway.troubles.end = [away(), away()];
    gateway.offer({ runId: 'r1' });
    await eventually(() => outcomes.length === 1);
    expect([outcomes, gateway.ended]).toEqual([['completed'], [{ runId: 'r1', ending: done }]]);
  });

  it('does not repeat a report that was refused', async () => {
    start();
    gateway.troubles.end = [new GatewayRefusal(409, 'LEASE_LOST', 'no lease')];
    gateway.offer({ runId: 'r1' });
    await eventually(() => outcomes.length === 1);
    expect([outcomes, gateway.ended]).toEqual([['refused'], []]);
  });

  it('fails a run that takes longer than it may', async () => {
    start(endless);
    gateway.offer({ runId: 'r1', timeoutMs: 30 });
    await eventually(() => gateway.ended.length === 1);
    expect(gateway.ended[0]!.ending).toMatchObject({ kind: 'fail', error: { code: 'TIMEOUT' }, retryable: true });
  });

  it('comes back when the gateway was away, also at its start', async () => {
    gateway = new FakeGateway();
    start();
    gateway.troubles.claim = [away()];
    gateway.offer({ runId: 'r1' });
    await eventually(() => gateway.ended.length === 1);
    expect(worker.trouble).toBeNull();
  });

  it.each(['NOT_FOUND', 'AGENT_GONE'])('introduces itself again when the server answers %s', async (code) => {
    start();
    gateway.troubles.claim = [new GatewayRefusal(404, code, 'who?')];
    gateway.offer({ runId: 'r1' });
    await eventually(() => gateway.ended.length === 1);
    expect(gateway.registrations).toHaveLength(2);
  });

  it('takes nothing new when it stops, and lets work finish', async () => {
    let finish: (ending: Ending) => void = () => undefined;
    start(() => new Promise((resolve) => (finish = resolve)));
    gateway.offer({ runId: 'r1' });
    await eventually(() => worker.busySlots === 1);
    const stopping = worker.stop();
    gateway.offer({ runId: 'r2' });
    finish(done);
    await stopping;
    expect(gateway.ended).toEqual([{ runId: 'r1', ending: done }]);
  });

  it('gives work back that does not finish when it stops', async () => {
    start(endless);
    gateway.offer({ runId: 'r1' });
    await eventually(() => worker.busySlots === 1);
    await worker.stop();
    expect(gateway.ended).toMatchObject([
      { ending: { kind: 'fail', error: { code: 'AGENT_STOPPING' }, retryable: true } },
    ]);
  });
});
