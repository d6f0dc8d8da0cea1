import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Backoff } from '../gateway/backoff';
import type { ClaimedRun, Ending, GatewayClient, Registration } from '../gateway/gateway-client';
import { GatewayRefusal } from '../gateway/gateway-errors';
import type { Progress } from '../tools/tool';
import { RunExecution, type ExecutionOutcome } from './run-execution';

/** What a worker is made of. */
export interface WorkerParts {
  readonly client: Pick<GatewayClient, 'register' | 'claim' | 'heartbeat' | 'end'>;
  readonly profile: {
    readonly name: string;
    readonly slots: number;
    readonly capabilities: readonly string[];
    readonly version: string;
  };
  /** Does a run's work; rejects only when the signal was aborted. */
  readonly work: (run: ClaimedRun, signal: AbortSignal, report: (progress: Progress) => void) => Promise<Ending>;
  readonly logger: Logger;
  readonly ended?: (outcome: ExecutionOutcome) => void;
  /** How long running work may go on after the shutdown began; default 4 s. */
  readonly finishMs?: number;
}

const CLAIM_WAIT_MS = 20_000;
const MAX_CLAIM = 100;
const FINISH_MS = 4_000;
/** How long it may take to give the rest back. */
const GIVE_BACK_MS = 3_000;

/** Takes runs as long as slots are free, keeps their leases, and gives everything back when it stops. */
export class Worker {
  private readonly executions = new Map<RunExecution, Promise<void>>();
  private readonly stopping = new AbortController();
  private readonly backoff = new Backoff();
  private registration: Registration | null = null;
  private loops: Promise<unknown> = Promise.resolve();
  private slotFreed: (() => void) | null = null;
  private lastFailure: string | null = null;

  constructor(private readonly parts: WorkerParts) {}

  start(): void {
    this.loops = Promise.all([this.claimLoop(), this.heartbeatLoop()]);
  }

  /** Takes nothing new, lets work finish for a while, then gives the rest back as failed and worth a retry. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.slotFreed?.();
    await this.settled(this.parts.finishMs ?? FINISH_MS);
    for (const execution of this.executions.keys()) execution.stop('stopping');
    await this.settled(GIVE_BACK_MS);
    for (const execution of this.executions.keys()) execution.abandon();
    await this.loops;
  }

  get busySlots(): number {
    return this.executions.size;
  }

  /** Null while the gateway answers; else what went wrong last. */
  get trouble(): string | null {
    return this.registration === null ? (this.lastFailure ?? 'not registered') : this.lastFailure;
  }

  private async claimLoop(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        this.registration ??= await this.register(signal);
        const free = this.parts.profile.slots - this.executions.size;
        if (free > 0) await this.claim(this.registration.id, Math.min(free, MAX_CLAIM), signal);
        else await new Promise<void>((resolve) => (this.slotFreed = resolve));
        this.recovered();
      } catch (error) {
        if (signal.aborted) return;
        this.failed(error);
        await this.backoff.pause(signal);
      }
    }
  }

  private async register(signal: AbortSignal): Promise<Registration> {
    const registration = await this.parts.client.register(this.parts.profile, signal);
    this.parts.logger.info({ agentId: registration.id, ...this.parts.profile }, 'registered');
    return registration;
  }

  private async claim(agentId: string, max: number, signal: AbortSignal): Promise<void> {
    const askedAt = performance.now();
    const runs = await this.parts.client.claim(agentId, { max, waitMs: CLAIM_WAIT_MS }, signal);
    // The lease began somewhere during a call that may have waited: the answer's end is the latest it can be, minus the way.
    const answeredAt = Math.max(askedAt, performance.now() - 1_000);
    for (const run of runs) this.take(run, answeredAt);
  }

  private take(run: ClaimedRun, leasedAt: number): void {
    const { client, work } = this.parts;
    const parts = {
      work: (signal: AbortSignal, report: (progress: Progress) => void) => work(run, signal, report),
      end: (ending: Ending, signal: AbortSignal) => client.end(run, ending, signal),
      backoff: new Backoff(),
    };
    const execution = new RunExecution(run, parts, leasedAt);
    this.executions.set(execution, this.watch(execution));
  }

  private async watch(execution: RunExecution): Promise<void> {
    const { runId, workItemId, attempt } = execution.run;
    const { logger, ended } = this.parts;
    const startedAt = performance.now();
    try {
      const outcome = await execution.execute();
      const durationMs = Math.round(performance.now() - startedAt);
      logger.info({ runId, workItemId, attempt, outcome, durationMs }, 'run ended');
      ended?.(outcome);
    } catch (error) {
      logger.error({ err: error, runId, workItemId }, 'run could not be executed; its lease will end it');
      ended?.('unreported');
    } finally {
      this.executions.delete(execution);
      this.slotFreed?.();
      this.slotFreed = null;
    }
  }

  private async heartbeatLoop(): Promise<void> {
    while (!this.stopping.signal.aborted || this.executions.size > 0) {
      const registration = this.registration;
      await delay(
        registration === null || this.stopping.signal.aborted ? 100 : registration.heartbeatIntervalMs,
        undefined,
        this.stopping.signal.aborted ? {} : { signal: this.stopping.signal },
      ).catch(() => undefined);
      if (registration !== null && this.executions.size > 0) await this.heartbeat(registration);
    }
  }

  private async heartbeat({ id, leaseTtlMs }: Registration): Promise<void> {
    const executions = [...this.executions.keys()];
    const sentAt = performance.now();
    try {
      const statuses = await this.parts.client.heartbeat(
        id,
        executions.map((execution) => execution.beat()),
      );
      for (const execution of executions) execution.heard(statuses.get(execution.run.runId), sentAt);
    } catch (error) {
      this.failed(error);
    }
    for (const execution of executions) execution.checkLease(performance.now(), leaseTtlMs);
  }

  private settled(withinMs: number): Promise<unknown> {
    const timeout = new AbortController();
    const all = Promise.all(this.executions.values()).finally(() => timeout.abort());
    return Promise.race([all, delay(withinMs, undefined, { signal: timeout.signal }).catch(() => undefined)]);
  }

  private failed(error: unknown): void {
    this.lastFailure = error instanceof Error ? error.message : String(error);
    this.parts.logger.warn({ err: error }, 'the gateway call failed and is tried again');
    // The server does not know this agent (any more): it has to introduce itself again.
    const isUnknown = error instanceof GatewayRefusal && (error.code === 'NOT_FOUND' || error.code === 'AGENT_GONE');
    if (isUnknown) this.registration = null;
  }

  private recovered(): void {
    this.lastFailure = null;
    this.backoff.reset();
  }
}
