import { Poison } from '@codex/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import { backoffMs, planOf, RESEND, type ProcessDefinition, type StepDefinition } from './definition';
import type { Failure, Phase, ProcessEvent } from './process-events';
import type { StartMessage } from './process-message';
import { evolveProcess, type ProcessState, type StepState } from './process-state';

/** A command to be built and sent. */
export interface StepCommand {
  readonly step: string;
  readonly phase: Phase;
  readonly commandId: string;
}

/** Local work to run now, in the unit that stores the events; its result is the next message. */
export interface StepWork {
  readonly step: string;
  readonly phase: Phase;
}

/** What came of one message. */
export interface Reaction {
  readonly events: readonly ProcessEvent[];
  readonly commands: readonly StepCommand[];
  readonly work: StepWork | null;
  /** The process after `events`. */
  readonly state: ProcessState;
}

/**
 * The id of a step's command: always the same, so that a repeat is the same command to its receiver. Only an operator's
 * retry (`round` above 1) asks anew, because receivers answer a known id as they did before.
 */
export function commandIdOf(processId: string, work: StepWork, round = 1): string {
  return uuidv5(`${work.step}:${work.phase}${round === 1 ? '' : `:${round}`}`, processId);
}

/** The moves a process can make, each recorded and folded at once. Lives for one reaction. */
export class ProcessWalk {
  private readonly events: ProcessEvent[] = [];
  private readonly commands: StepCommand[] = [];
  private work: StepWork | null = null;

  constructor(
    private readonly definition: ProcessDefinition,
    public state: ProcessState,
    private readonly now: string,
  ) {}

  get reaction(): Reaction {
    return { events: this.events, commands: this.commands, work: this.work, state: this.state };
  }

  definitionOf(name: string): StepDefinition {
    const step = this.definition.steps.find((candidate) => candidate.name === name);
    if (step === undefined) throw new Poison('UNKNOWN_STEP', `${this.definition.name} has no step ${name}`);
    return step;
  }

  compensationName(): string | null {
    return this.definitionOf(this.state.current!.name).compensation?.name ?? null;
  }

  start({ processId, subject, input }: StartMessage): void {
    const { name: definition, version: definitionVersion } = this.definition;
    const steps = planOf(this.definition, input);
    this.record({
      type: 'ProcessStarted',
      data: { processId, ...subject, definition, definitionVersion, steps, input },
    } as ProcessEvent);
    this.advance();
  }

  /** The current step is done. */
  succeed(): void {
    this.note('ProcessStepSucceeded', { step: this.state.current!.name });
    this.advance();
  }

  /** The current step was refused, so it did nothing: undoes what was done before, or goes on when it was best effort. */
  refuse(error: Failure): void {
    const { bestEffort } = this.definitionOf(this.state.current!.name);
    this.recordFailure(error, false);
    if (bestEffort) this.advance();
    else this.compensate();
  }

  /** The current step was not answered in time. */
  expire(error: Failure): void {
    if (this.definitionOf(this.state.current!.name).bestEffort) this.refuse(error);
    else this.abort(error);
  }

  /** Stops here, best effort or not. A command that is out may still take effect, so its step is undone first. */
  abort(error: Failure): void {
    const { name } = this.state.current!;
    this.recordFailure(error, false);
    const { action, compensation } = this.definitionOf(name);
    if (action.kind === 'remote' && compensation !== undefined) this.undo(name);
    else this.compensate();
  }

  /** The current step could not be undone. */
  failUndo(error: Failure): void {
    this.recordFailure(error, false);
    this.note('ProcessCompensationFailed', { step: this.state.current!.name, error });
  }

  /** The current step is undone, had nothing to undo, or was given up by a person. */
  undone(compensation: string | null, skippedReason: string | null = null): void {
    this.note('ProcessStepCompensated', { step: this.state.current!.name, compensation, skippedReason });
    this.compensate();
  }

  retryLocally(error: Failure, delayMs: number): void {
    const { name, phase, attempt } = this.state.current!;
    this.recordFailure(error, true);
    this.recordStart({ step: name, phase }, attempt + 1, this.after(delayMs));
  }

  runLocally(): void {
    const { name, phase } = this.state.current!;
    this.work = { step: name, phase };
  }

  sendAgain(): void {
    const { name, phase, attempt, commandId } = this.state.current!;
    this.send({ step: name, phase, commandId: commandId! }, attempt + 1);
  }

  /** @param round above 1 when an operator asks again */
  undo(name: string, round = 1): void {
    const work: StepWork = { step: name, phase: 'undo' };
    if (this.definitionOf(name).compensation?.kind === 'remote') {
      return this.send({ ...work, commandId: commandIdOf(this.state.processId, work, round) }, round);
    }
    this.recordStart(work, round, null);
    this.work = work;
  }

  private advance(): void {
    const next = this.state.steps.find(({ status }) => status === 'pending');
    if (next === undefined) return this.note('ProcessCompleted', {});
    const { name, action, deadlineMs } = this.definitionOf(next.name);
    const work: StepWork = { step: name, phase: 'do' };
    if (action.kind === 'remote') return this.send({ ...work, commandId: commandIdOf(this.state.processId, work) }, 1);
    this.recordStart(work, 1, action.kind === 'wait' && deadlineMs !== undefined ? this.after(deadlineMs) : null);
    if (action.kind === 'wait') this.note('ProcessWaiting', { step: name, waitingFor: action.waitingFor });
    else this.work = work;
  }

  private compensate(): void {
    const next = this.state.steps.findLast((step) => this.mustUndo(step));
    if (next === undefined) return this.note('ProcessCompensated', { error: this.state.failure });
    this.undo(next.name);
  }

  private mustUndo({ name, status }: StepState): boolean {
    const { compensation, bestEffort } = this.definitionOf(name);
    return compensation !== undefined && (status === 'done' || (status === 'failed' && bestEffort === true));
  }

  // Undoing never gives up, so its deadline, like that of a step without one, is when the command goes out again.
  private send(command: StepCommand, attempt: number): void {
    const { deadlineMs, resend } = this.definitionOf(command.step);
    const delayMs = (command.phase === 'do' ? deadlineMs : undefined) ?? backoffMs(resend ?? RESEND, attempt);
    this.note('ProcessStepStarted', { ...command, attempt, deadlineAt: this.after(delayMs) });
    this.commands.push(command);
  }

  private recordStart(work: StepWork, attempt: number, deadlineAt: string | null): void {
    this.note('ProcessStepStarted', { ...work, attempt, commandId: null, deadlineAt });
  }

  private recordFailure(error: Failure, willRetry: boolean): void {
    const { name: step, phase, attempt } = this.state.current!;
    this.note('ProcessStepFailed', { step, phase, attempt, error, willRetry });
  }

  private note(type: Exclude<ProcessEvent['type'], 'ProcessStarted'>, data: object): void {
    const { processId, subject } = this.state;
    this.record({ type, data: { processId, ...subject, ...data } } as ProcessEvent);
  }

  private record(event: ProcessEvent): void {
    this.events.push(event);
    this.state = evolveProcess(this.state, event);
  }

  private after(ms: number): string {
    return new Date(Date.parse(this.now) + ms).toISOString();
  }
}
