import type { Failure, Phase, Subject } from './process-events';

/** Begins the instance. A repeat changes nothing. */
export interface StartMessage {
  readonly type: 'start';
  readonly processId: string;
  readonly subject: Subject;
  readonly input: unknown;
}

/** Another service answered a command. Answers nobody waits for (late, repeated, foreign) change nothing. */
export interface ReplyMessage {
  readonly type: 'reply';
  readonly commandId: string;
  readonly outcome: 'accepted' | 'unchanged' | 'refused';
  readonly error: Failure | null;
}

/** A person or another part of the service said something a waiting step may wait for. `error` explains a refusing one. */
export interface SignalMessage {
  readonly type: 'signal';
  readonly signal: string;
  readonly error?: Failure;
}

/** Stop and undo, wherever the process stands. A finished or already compensating process stays as it is. */
export interface CancelMessage {
  readonly type: 'cancel';
  readonly error: Failure;
}

/** The deadline that was set for `dueAt` has passed. One that was moved meanwhile changes nothing. */
export interface DeadlineMessage {
  readonly type: 'deadline';
  readonly dueAt: string;
}

/** How local work ended. `failed` means it may work later; `refused` is final. */
export interface LocalResultMessage {
  readonly type: 'local';
  readonly step: string;
  readonly phase: Phase;
  readonly result:
    { readonly outcome: 'succeeded' | 'nothing' } | { readonly outcome: 'refused' | 'failed'; readonly error: Failure };
}

/** An operator wants the failed compensation tried again. */
export interface RetryMessage {
  readonly type: 'retry';
}

/** An operator gives the failed compensation up and says why. */
export interface SkipMessage {
  readonly type: 'skip';
  readonly reason: string;
}

export type ProcessMessage =
  | StartMessage
  | ReplyMessage
  | SignalMessage
  | CancelMessage
  | DeadlineMessage
  | LocalResultMessage
  | RetryMessage
  | SkipMessage;
