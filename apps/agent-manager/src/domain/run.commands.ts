import type { RunCompletedData, RunFailedData, RunQueuedData } from '@codex/contracts';
import type { DomainCommand } from '@codex/event-sourcing';
import type { LeaseProof } from './lease';

/** The task is ready: its run waits for an agent. */
export type QueueRun = DomainCommand<'QueueRun', RunQueuedData>;

/** An agent takes the run under a lease. */
export type ClaimRun = DomainCommand<
  'ClaimRun',
  { readonly runId: string; readonly agentId: string; readonly leaseExpiresAt: string }
>;

export type ReportProgress = DomainCommand<
  'ReportProgress',
  { readonly runId: string; readonly percent: number | null; readonly message: string | null }
>;

export type CompleteRun = DomainCommand<
  'CompleteRun',
  Ending & Pick<RunCompletedData, 'runId' | 'durationMs' | 'result' | 'artifacts'>
>;

export type FailRun = DomainCommand<
  'FailRun',
  Ending & Pick<RunFailedData, 'runId' | 'durationMs' | 'error' | 'retryable'>
>;

/** The work item was cancelled or deleted, or a later attempt took the run's place. */
export type CancelRun = DomainCommand<'CancelRun', { readonly runId: string; readonly reason: string | null }>;

/** The lease ran out, or the run took far longer than it may. */
export type LoseRun = DomainCommand<
  'LoseRun',
  { readonly runId: string; readonly durationMs: number; readonly reason: string }
>;

export type RunCommand = QueueRun | ClaimRun | ReportProgress | CompleteRun | FailRun | CancelRun | LoseRun;

/** `lease` is what the database says about the caller's token, at the database's clock, in the appending transaction. */
interface Ending {
  readonly lease: LeaseProof;
}
