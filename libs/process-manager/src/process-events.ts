import type { DomainEvent } from '@codex/event-sourcing';

/** Why something did not work: a stable UPPER_SNAKE code and a sentence for a person that holds no secret. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Whether a step is being done or undone. */
export type Phase = 'do' | 'undo';

/** Names what a process is about, e.g. `{ orderId }`. Opaque here: it is spread into every event of the process. */
export type Subject = Readonly<Record<string, string>>;

/** A step as the instance was started with it. */
export interface PlannedStep {
  readonly name: string;
  /** The context its command goes to; null for a local step or a wait. */
  readonly target: string | null;
  /** The name of what undoes it; null when nothing does. */
  readonly compensation: string | null;
}

/** What every event of a process carries besides its own fields; the subject's fields lie beside it. */
export interface ProcessIdentity {
  readonly processId: string;
}

interface AboutStep extends ProcessIdentity {
  readonly step: string;
}

export type ProcessStarted = DomainEvent<
  'ProcessStarted',
  ProcessIdentity & {
    readonly definition: string;
    readonly definitionVersion: number;
    readonly steps: readonly PlannedStep[];
    readonly input: unknown;
  }
>;

export type ProcessStepStarted = DomainEvent<
  'ProcessStepStarted',
  AboutStep & {
    readonly phase: Phase;
    readonly attempt: number;
    readonly commandId: string | null;
    readonly deadlineAt: string | null;
  }
>;

export type ProcessStepSucceeded = DomainEvent<'ProcessStepSucceeded', AboutStep>;

export type ProcessStepFailed = DomainEvent<
  'ProcessStepFailed',
  AboutStep & {
    readonly phase: Phase;
    readonly attempt: number;
    readonly error: Failure;
    readonly willRetry: boolean;
  }
>;

export type ProcessWaiting = DomainEvent<'ProcessWaiting', AboutStep & { readonly waitingFor: string }>;

export type ProcessStepCompensated = DomainEvent<
  'ProcessStepCompensated',
  AboutStep & { readonly compensation: string | null; readonly skippedReason: string | null }
>;

export type ProcessCompensationFailed = DomainEvent<
  'ProcessCompensationFailed',
  AboutStep & { readonly error: Failure }
>;

export type ProcessCompleted = DomainEvent<'ProcessCompleted', ProcessIdentity>;

export type ProcessCompensated = DomainEvent<'ProcessCompensated', ProcessIdentity & { readonly error: Failure }>;

/** One set of events for all definitions. */
export type ProcessEvent =
  | ProcessStarted
  | ProcessStepStarted
  | ProcessStepSucceeded
  | ProcessStepFailed
  | ProcessWaiting
  | ProcessStepCompensated
  | ProcessCompensationFailed
  | ProcessCompleted
  | ProcessCompensated;
