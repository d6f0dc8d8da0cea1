import type { Failure, Phase, ProcessEvent, ProcessStarted, ProcessStepStarted, Subject } from './process-events';

/** Final: `completed` and `compensated`. `compensation_failed` waits for an operator, `waiting` for a person or a signal. */
export type ProcessStatus =
  'absent' | 'running' | 'waiting' | 'compensating' | 'completed' | 'compensated' | 'compensation_failed';

export type StepStatus = 'pending' | 'running' | 'done' | 'failed' | 'undone';

export interface StepState {
  readonly name: string;
  readonly status: StepStatus;
}

/** The step that is being done or undone now. `commandId` is null while nothing is awaited from another service. */
export interface CurrentStep {
  readonly name: string;
  readonly phase: Phase;
  readonly attempt: number;
  readonly commandId: string | null;
}

export interface ProcessState {
  readonly status: ProcessStatus;
  readonly processId: string;
  readonly definition: string;
  readonly definitionVersion: number;
  readonly subject: Subject;
  readonly input: unknown;
  readonly steps: readonly StepState[];
  readonly current: CurrentStep | null;
  /** What made the compensation necessary. */
  readonly failure: Failure | null;
  /** When the process has to be looked at again without a message; RFC 3339. */
  readonly deadlineAt: string | null;
}

export function initialProcess(): ProcessState {
  return {
    status: 'absent',
    processId: '',
    definition: '',
    definitionVersion: 0,
    subject: {},
    input: null,
    steps: [],
    current: null,
    failure: null,
    deadlineAt: null,
  };
}

/**
 * Folds one event. A step that failed for good makes the process `compensating`, unless a step that is *done* (or the
 * completion) follows: then the failed step was a best-effort one and the process went on.
 */
export function evolveProcess(state: ProcessState, event: ProcessEvent): ProcessState {
  const next = evolveSteps(state, event);
  const deadlineAt = deadlineAfter(event);
  return deadlineAt === undefined ? next : { ...next, deadlineAt };
}

/**
 * The deadline that an event leaves behind; `undefined` when it leaves the deadline as it is. A failure never comes
 * alone: the event that follows it in the same reaction says how the process goes on.
 */
export function deadlineAfter(event: ProcessEvent): string | null | undefined {
  switch (event.type) {
    case 'ProcessStepStarted':
      return event.data.deadlineAt;
    case 'ProcessStarted':
    case 'ProcessWaiting':
    case 'ProcessStepFailed':
      return undefined;
    default:
      return null;
  }
}

function evolveSteps(state: ProcessState, event: ProcessEvent): ProcessState {
  switch (event.type) {
    case 'ProcessStarted':
      return started(event.data);
    case 'ProcessStepStarted':
      return stepStarted(state, event.data);
    case 'ProcessWaiting':
      return { ...state, status: 'waiting' };
    case 'ProcessStepSucceeded':
      return { ...withStep(state, event.data.step, 'done'), status: 'running', current: null };
    case 'ProcessStepFailed': {
      const { phase, willRetry, step, error } = event.data;
      if (willRetry || phase === 'undo') return state;
      return { ...withStep(state, step, 'failed'), status: 'compensating', current: null, failure: error };
    }
    case 'ProcessStepCompensated':
      return { ...withStep(state, event.data.step, 'undone'), status: 'compensating', current: null };
    case 'ProcessCompensationFailed':
      return { ...state, status: 'compensation_failed' };
    case 'ProcessCompleted':
      return { ...state, status: 'completed', current: null, failure: null };
    case 'ProcessCompensated':
      return { ...state, status: 'compensated', current: null };
  }
}

function started(data: ProcessStarted['data']): ProcessState {
  const { processId, definition, definitionVersion, steps, input, ...subject } = data;
  return {
    ...initialProcess(),
    status: 'running',
    processId,
    definition,
    definitionVersion,
    subject: subject as Subject,
    input,
    steps: steps.map(({ name }) => ({ name, status: 'pending' })),
  };
}

function stepStarted(state: ProcessState, data: ProcessStepStarted['data']): ProcessState {
  const { step, phase, attempt, commandId } = data;
  const current = { name: step, phase, attempt, commandId };
  if (phase === 'undo') return { ...state, status: 'compensating', current };
  return { ...withStep(state, step, 'running'), status: 'running', current, failure: null };
}

function withStep(state: ProcessState, name: string, status: StepStatus): ProcessState {
  return { ...state, steps: state.steps.map((step) => (step.name === name ? { name, status } : step)) };
}
