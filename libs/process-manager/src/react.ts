import { backoffMs, LOCAL_RETRY, type AnyProcessDefinition } from './definition';
import { ProcessNotStuck } from './process-errors';
import type { Failure } from './process-events';
import type {
  DeadlineMessage,
  LocalResultMessage,
  ProcessMessage,
  ReplyMessage,
  SignalMessage,
  SkipMessage,
} from './process-message';
import type { ProcessState } from './process-state';
import { ProcessWalk, type Reaction } from './process-walk';

/**
 * What a process does about one message: the new facts, the commands to send, and the local work to run now, whose
 * result comes back as the next message. Pure; a message that changes nothing gives nothing. The deadline is that of
 * `state` after the reaction.
 *
 * Throws {@link ProcessNotStuck} for an operator's retry or skip of a process that does not wait for one.
 *
 * @param now RFC 3339, counted from for deadlines
 */
export function react(
  definition: AnyProcessDefinition,
  state: ProcessState,
  { message, now }: { readonly message: ProcessMessage; readonly now: string },
): Reaction {
  const walk = new ProcessWalk(definition, state, now);
  handle(walk, message);
  return walk.reaction;
}

function handle(walk: ProcessWalk, message: ProcessMessage): void {
  switch (message.type) {
    case 'start':
      if (walk.state.status === 'absent') walk.start(message);
      return;
    case 'reply':
      return reply(walk, message);
    case 'local':
      return localResult(walk, message);
    case 'signal':
      return signal(walk, message);
    case 'cancel':
      if (isGoingForward(walk.state)) walk.abort(message.error);
      return;
    case 'deadline':
      return deadline(walk, message);
    case 'retry':
      return retry(walk);
    case 'skip':
      return skip(walk, message);
  }
}

function reply(walk: ProcessWalk, { commandId, outcome, error }: ReplyMessage): void {
  const { current, status } = walk.state;
  if (current === null || current.commandId !== commandId) return;
  if (outcome !== 'refused') {
    return current.phase === 'do' ? walk.succeed() : walk.undone(walk.compensationName());
  }
  if (status === 'compensation_failed') return;
  const refusal = error ?? { code: 'REFUSED', message: 'the command was refused' };
  return current.phase === 'do' ? walk.refuse(refusal) : walk.failUndo(refusal);
}

function localResult(walk: ProcessWalk, { step, phase, result }: LocalResultMessage): void {
  const { current } = walk.state;
  if (current === null || current.name !== step || current.phase !== phase || current.commandId !== null) return;
  if (result.outcome === 'refused') return phase === 'do' ? walk.refuse(result.error) : walk.failUndo(result.error);
  if (result.outcome === 'failed') return localFailure(walk, result.error);
  if (phase === 'do') return walk.succeed();
  return walk.undone(result.outcome === 'nothing' ? null : walk.compensationName());
}

function localFailure(walk: ProcessWalk, error: Failure): void {
  const { phase, attempt } = walk.state.current!;
  if (attempt <= LOCAL_RETRY.retries) return walk.retryLocally(error, backoffMs(LOCAL_RETRY, attempt));
  return phase === 'do' ? walk.refuse(error) : walk.failUndo(error);
}

function signal(walk: ProcessWalk, { signal: name, error }: SignalMessage): void {
  if (walk.state.status !== 'waiting') return;
  const { action } = walk.definitionOf(walk.state.current!.name);
  const effect = action.kind === 'wait' ? action.signals[name] : undefined;
  if (effect === 'succeed') walk.succeed();
  if (effect === 'refuse') walk.refuse(error ?? { code: 'REFUSED', message: `the answer was ${name}` });
}

function deadline(walk: ProcessWalk, { dueAt }: DeadlineMessage): void {
  const { deadlineAt, current } = walk.state;
  if (deadlineAt === null || current === null || Date.parse(deadlineAt) > Date.parse(dueAt)) return;
  const step = walk.definitionOf(current.name);
  const action = current.phase === 'do' ? step.action : step.compensation!;
  if (action.kind === 'local') return walk.runLocally();
  if (action.kind === 'wait' || (current.phase === 'do' && step.deadlineMs !== undefined)) {
    return walk.expire({ code: 'TIMED_OUT', message: `${current.name} was not answered in time` });
  }
  return walk.sendAgain();
}

function retry(walk: ProcessWalk): void {
  requireStuck(walk.state);
  walk.undo(walk.state.current!.name, walk.state.current!.attempt + 1);
}

function skip(walk: ProcessWalk, { reason }: SkipMessage): void {
  requireStuck(walk.state);
  walk.undone(null, reason);
}

function requireStuck({ status, processId }: ProcessState): void {
  if (status !== 'compensation_failed') throw new ProcessNotStuck(processId, status);
}

function isGoingForward({ status }: ProcessState): boolean {
  return status === 'running' || status === 'waiting';
}
