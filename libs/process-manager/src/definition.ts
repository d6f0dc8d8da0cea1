import type { CommandMetadata, Decider, StreamId, UnitOfWork } from '@codex/event-sourcing';
import type { Failure, PlannedStep, Subject } from './process-events';

/** What a step may use. `failure` is what made the compensation necessary, null while the process goes forward. */
export interface StepContext<Input = unknown> {
  readonly processId: string;
  readonly subject: Subject;
  readonly input: Input;
  readonly failure: Failure | null;
  readonly metadata: CommandMetadata;
}

/** `nothing`: an undo found nothing to undo. */
export type LocalOutcome = 'succeeded' | 'nothing';

/**
 * A decision on other streams of the same store, inside the unit that stores the process. It succeeds by returning, and
 * is refused by throwing a `Refusal`. Any other poison is retried later. Whatever can throw must come before the first
 * thing it stages, because what is staged is stored. Streams must be named by the definition's `participants`.
 */
export interface LocalAction<Input = unknown> {
  readonly kind: 'local';
  /** Shown as the compensation's name. */
  readonly name: string;
  execute(unit: UnitOfWork, context: StepContext<Input>): LocalOutcome | void;
}

/** The body and the target of a command; its id, tenant and metadata are the runner's. */
export interface RemoteCommand {
  readonly stream: StreamId;
  readonly data: unknown;
}

/**
 * A command to another service, answered by a reply that names the process and the command. Sent again under the same
 * id, so the receiver must take a repeat for what it is.
 */
export interface RemoteAction<Input = unknown> {
  readonly kind: 'remote';
  /** The command's type; also shown as the compensation's name. */
  readonly name: string;
  /** The context it goes to. */
  readonly target: string;
  build(unit: UnitOfWork, context: StepContext<Input>): RemoteCommand;
}

/** Waits for a person or a signal. Signals it does not list are ignored. */
export interface WaitAction {
  readonly kind: 'wait';
  readonly waitingFor: string;
  readonly signals: Readonly<Record<string, 'succeed' | 'refuse'>>;
}

/** Delays between repeats: doubling from `initialMs` up to `maxMs`. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

export interface StepDefinition<Input = unknown> {
  /** Part of command ids: renaming a step orphans the instances that stand in it. */
  readonly name: string;
  readonly action: LocalAction<Input> | RemoteAction<Input> | WaitAction;
  /** Left out of the plan when this says no. */
  readonly when?: (input: Input) => boolean;
  readonly compensation?: LocalAction<Input> | RemoteAction<Input>;
  /** Silence beyond it compensates. Without it a remote step is sent again until it is answered; a wait has no end. */
  readonly deadlineMs?: number;
  /** Delays before a remote command is sent again; default {@link RESEND}. Undoing never gives up, so it uses it too. */
  readonly resend?: Backoff;
  /** A refusal or silence fails the step, and the process goes on. A cancel still compensates. */
  readonly bestEffort?: boolean;
  /** Decisions that belong to the moment, in the same unit. Must not refuse. */
  readonly onWaiting?: (unit: UnitOfWork, context: StepContext<Input>) => void;
  readonly onSucceeded?: (unit: UnitOfWork, context: StepContext<Input>) => void;
}

/** A stream the steps look at or decide on; loaded before any of them runs. */
export interface Participant {
  // Deciders are invariant in their events, so a list of different ones can only be typed by `any`.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly decider: Decider<any, any, any>;
  stream(subject: Subject): StreamId;
}

export interface ProcessDefinition<Input = unknown> {
  /** Stored with every instance. */
  readonly name: string;
  /** Raise it when steps are added, removed or reordered, and keep the old definition while instances of it live. */
  readonly version: number;
  readonly steps: readonly StepDefinition<Input>[];
  readonly participants: readonly Participant[];
}

// An input is known to its own definition only.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnyProcessDefinition = ProcessDefinition<any>;

/** First after 30 s, at most 10 minutes apart: a command waits in Kafka while its receiver is down, so haste only adds load. */
export const RESEND: Backoff = { initialMs: 30_000, maxMs: 600_000 };

/** Local work that failed is tried three more times: after 4 s, 8 s and 10 s. */
export const LOCAL_RETRY: Backoff & { readonly retries: number } = { initialMs: 4_000, maxMs: 10_000, retries: 3 };

/** Checks a definition once, at start: step names are unique and there is at least one step. */
export function defineProcess<Input>(definition: ProcessDefinition<Input>): ProcessDefinition<Input> {
  const names = definition.steps.map((step) => step.name);
  if (names.length === 0) throw new Error(`${definition.name} has no steps`);
  if (new Set(names).size !== names.length) throw new Error(`${definition.name} names a step twice`);
  return definition;
}

/** The steps an instance with this input will go through. */
export function planOf<Input>(definition: ProcessDefinition<Input>, input: Input): readonly PlannedStep[] {
  return definition.steps
    .filter((step) => step.when?.(input) ?? true)
    .map(({ name, action, compensation }) => ({
      name,
      target: action.kind === 'remote' ? action.target : null,
      compensation: compensation?.name ?? null,
    }));
}

/** The delay before attempt `attempt + 1`. */
export function backoffMs({ initialMs, maxMs }: Backoff, attempt: number): number {
  return Math.min(initialMs * 2 ** Math.min(attempt - 1, 30), maxMs);
}
