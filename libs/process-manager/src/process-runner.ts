import {
  metadataOf,
  Poison,
  Refusal,
  streamId,
  VersionConflict,
  Unavailable,
  type CommandMetadata,
  type StreamId,
  type UnitOfWork,
} from '@codex/event-sourcing';
import type {
  AnyProcessDefinition,
  LocalAction,
  Participant,
  ProcessDefinition,
  RemoteAction,
  StepContext,
} from './definition';
import { processDecider, recordReaction } from './process-decider';
import type { Failure, ProcessEvent, Subject } from './process-events';
import type { LocalResultMessage, ProcessMessage } from './process-message';
import type { ProcessState } from './process-state';
import type { Reaction, StepCommand, StepWork } from './process-walk';
import { react } from './react';

export interface ProcessRunnerOptions {
  readonly definitions: readonly AnyProcessDefinition[];
  /** Hears of local work that failed by a fault, which is tried again later. */
  readonly onFault?: (error: unknown, work: StepWork & { readonly processId: string }) => void;
}

/** A new instance. */
export interface NewProcess {
  readonly definition: ProcessDefinition['name'];
  readonly processId: string;
  readonly subject: Subject;
  readonly input: unknown;
}

/** `Process-<id>`. */
export function processStream(processId: string): StreamId {
  return streamId(processDecider.category, processId);
}

/**
 * Lets processes react inside a unit of work: their events, commands and local decisions are staged there and stored
 * together with whatever else the unit holds. Nothing is remembered between calls, so any instance may go on with any
 * process at any time. Many processes in one unit cost two reads and one append.
 */
export class ProcessRunner {
  private readonly definitions: ReadonlyMap<string, ProcessDefinition>;

  constructor(private readonly options: ProcessRunnerOptions) {
    this.definitions = new Map(options.definitions.map((definition) => [nameOf(definition), definition]));
  }

  /** Reads these processes and the streams their steps use: one round trip each, or none for what is open already. */
  async load(unit: UnitOfWork, processIds: Iterable<string>): Promise<void> {
    const streams = [...processIds].map(processStream);
    await unit.load(processDecider, streams);
    const needed = new Map<Participant['decider'], Set<StreamId>>();
    for (const stream of streams) {
      const { state } = unit.stateOf(processDecider, stream);
      if (state.status === 'absent') continue;
      for (const { decider, stream: nameStream } of this.definitionOf(state).participants) {
        needed.set(decider, (needed.get(decider) ?? new Set()).add(nameStream(state.subject)));
      }
    }
    for (const [decider, names] of needed) await unit.load(decider, names);
  }

  /** The process as it stands in this unit; it must be loaded or started there. */
  stateOf(unit: UnitOfWork, processId: string): ProcessState {
    return unit.stateOf<ProcessState>(processDecider, processStream(processId)).state;
  }

  /** Starts a process whose id was minted just now. The streams its first local steps use must be open in the unit. */
  start(
    unit: UnitOfWork,
    { definition: name, processId, subject, input }: NewProcess,
    metadata: CommandMetadata,
  ): void {
    const definition = this.options.definitions.findLast((candidate) => candidate.name === name);
    if (definition === undefined) throw new Poison('UNKNOWN_PROCESS', `no process is called ${name}`);
    unit.begin(processDecider, processStream(processId));
    this.run(unit, { definition, processId, metadata }, { type: 'start', processId, subject, input });
  }

  /**
   * Gives a message to a loaded process and returns the facts that came of it. None: the process is unknown, finished,
   * another tenant's, or waits for something else. Throws `ProcessNotStuck` for an operator's message out of place.
   */
  tell(
    unit: UnitOfWork,
    processId: string,
    { message, metadata }: { readonly message: ProcessMessage; readonly metadata: CommandMetadata },
  ): readonly ProcessEvent[] {
    const { state, tenantId } = unit.stateOf<ProcessState>(processDecider, processStream(processId));
    if (state.status === 'absent' || tenantId !== metadata.tenantId) return [];
    return this.run(unit, { definition: this.definitionOf(state), processId, metadata }, message);
  }

  private run(unit: UnitOfWork, turn: Turn, first: ProcessMessage): readonly ProcessEvent[] {
    const recorded: ProcessEvent[] = [];
    for (let message: ProcessMessage | null = first; message !== null;) {
      const state = this.stateOf(unit, turn.processId);
      const reaction: Reaction = react(turn.definition, state, { message, now: turn.metadata.now });
      this.stage(unit, turn, reaction);
      recorded.push(...reaction.events);
      message = reaction.work === null ? null : this.work(unit, turn, reaction.work);
    }
    return recorded;
  }

  private stage(unit: UnitOfWork, turn: Turn, { events, commands }: Reaction): void {
    if (events.length > 0) {
      unit.decide(processDecider, processStream(turn.processId), recordReaction(events, turn.metadata));
    }
    for (const event of events) {
      if (event.type === 'ProcessStepSucceeded') this.hook(unit, turn, { step: event.data.step, name: 'onSucceeded' });
      if (event.type === 'ProcessWaiting') this.hook(unit, turn, { step: event.data.step, name: 'onWaiting' });
    }
    for (const command of commands) this.send(unit, turn, command);
  }

  private hook(
    unit: UnitOfWork,
    turn: Turn,
    { step, name }: { step: string; name: 'onSucceeded' | 'onWaiting' },
  ): void {
    stepOf(turn.definition, step)[name]?.(unit, this.contextOf(unit, turn));
  }

  private send(unit: UnitOfWork, turn: Turn, { step, phase, commandId }: StepCommand): void {
    const action = actionOf(turn.definition, { step, phase }) as RemoteAction;
    const { stream, data } = action.build(unit, this.contextOf(unit, turn));
    const { tenantId } = turn.metadata;
    const metadata = { ...metadataOf(turn.metadata, commandId), commandId };
    unit.send({ kind: 'command', stream, tenantId, type: action.name, data, metadata });
  }

  private work(unit: UnitOfWork, turn: Turn, work: StepWork): LocalResultMessage {
    const action = actionOf(turn.definition, work) as LocalAction;
    try {
      const outcome = action.execute(unit, this.contextOf(unit, turn)) ?? 'succeeded';
      return { type: 'local', ...work, result: { outcome } };
    } catch (error) {
      if (error instanceof VersionConflict || error instanceof Unavailable) throw error;
      if (error instanceof Refusal)
        return { type: 'local', ...work, result: { outcome: 'refused', error: failure(error) } };
      this.options.onFault?.(error, { ...work, processId: turn.processId });
      return { type: 'local', ...work, result: { outcome: 'failed', error: FAULT } };
    }
  }

  private contextOf(unit: UnitOfWork, { processId, metadata }: Turn): StepContext {
    const { subject, input, failure: reason } = this.stateOf(unit, processId);
    return { processId, subject, input, failure: reason, metadata };
  }

  private definitionOf({ definition, definitionVersion }: ProcessState): ProcessDefinition {
    const found = this.definitions.get(nameOf({ name: definition, version: definitionVersion }));
    if (found === undefined)
      throw new Poison('UNKNOWN_PROCESS', `no process is called ${definition}@${definitionVersion}`);
    return found;
  }
}

interface Turn {
  readonly definition: ProcessDefinition;
  readonly processId: string;
  readonly metadata: CommandMetadata;
}

const FAULT: Failure = { code: 'INTERNAL_ERROR', message: 'the step failed for a reason of our own' };

function failure({ code, message }: Refusal): Failure {
  return { code, message };
}

function nameOf({ name, version }: Pick<ProcessDefinition, 'name' | 'version'>): string {
  return `${name}@${version}`;
}

function stepOf(definition: ProcessDefinition, name: string): ProcessDefinition['steps'][number] {
  const step = definition.steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Poison('UNKNOWN_STEP', `${definition.name} has no step ${name}`);
  return step;
}

function actionOf(definition: ProcessDefinition, { step, phase }: StepWork): unknown {
  const { action, compensation } = stepOf(definition, step);
  return phase === 'do' ? action : compensation;
}
