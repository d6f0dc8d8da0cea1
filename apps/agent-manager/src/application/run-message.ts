import { streamId, type CommandMetadata, type NewEvent, type StreamAppend, newId } from '@codex/event-sourcing';
import { runDecider } from '../domain/run.decider';
import type { RunStreamEvent } from '../domain/run.events';
import type { RunIdentity } from '../domain/run.state';
import type { RunOrigin } from '../persistence/run-row';

/** The stream of a run. */
export function runStream(runId: string): string {
  return streamId(runDecider.category, runId);
}

/**
 * New events of one run behind the version at hand. They carry the correlation and the trace of what the run came from, so that one id leads
 * through the whole story of a work item, whoever calls in between.
 */
export function runAppend(
  run: RunIdentity & { readonly origin: RunOrigin; readonly version: number },
  events: readonly RunStreamEvent[],
  command: CommandMetadata,
): StreamAppend {
  return {
    stream: runStream(run.runId),
    tenantId: command.tenantId,
    expectedVersion: run.version,
    events: events.map((event): NewEvent => ({ ...event, metadata: runMetadata(run.origin, command) })),
  };
}

/** The metadata of a service's own doing: no person asked for it. */
export function ownCommand(tenantId: string, origin?: RunOrigin): CommandMetadata {
  const commandId = newId();
  return {
    commandId,
    tenantId,
    actor: 'agent-manager',
    correlationId: origin?.correlationId ?? commandId,
    causationId: commandId,
    now: new Date().toISOString(),
  };
}

function runMetadata(origin: RunOrigin, command: CommandMetadata): NewEvent['metadata'] {
  const traceparent = origin.traceparent ?? command.traceparent;
  return {
    messageId: newId(),
    commandId: command.commandId,
    correlationId: origin.correlationId,
    causationId: command.causationId,
    actor: command.actor,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}
