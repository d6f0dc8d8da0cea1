import {
  NotFound,
  receiptOf,
  Refusal,
  type AppendRequest,
  type CommandMetadata,
  type IdempotencyClaim,
  type RecordedEvent,
  type Receipt,
} from '@codex/event-sourcing';
import type { Artifact, JsonValue } from '@codex/contracts';
import { LeaseLost } from '../domain/run.errors';
import { runDecider } from '../domain/run.decider';
import type { CompleteRun, FailRun } from '../domain/run.commands';
import type { RunStreamEvent } from '../domain/run.events';
import type { RunState } from '../domain/run.state';
import type { StoredArtifact } from '../persistence/artifact-store';
import type { EndedRun } from '../persistence/lease-store';
import { runAppend, runStream } from './run-message';

/** What an agent says at the end of a run. */
export type Ending =
  | { readonly kind: 'complete'; readonly result: JsonValue | null; readonly artifacts: readonly StoredArtifact[] }
  | {
      readonly kind: 'fail';
      readonly error: { readonly code: string; readonly message: string };
      readonly retryable: boolean;
    };

/** An agent ends a run that it holds. */
export interface EndRun {
  readonly runId: string;
  readonly leaseToken: string;
  readonly ending: Ending;
  readonly metadata: CommandMetadata;
  readonly idempotency?: IdempotencyClaim;
}

/** A refusal that has to be recorded, which the transaction of the others goes on without. */
export class RecordedRefusal extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly run: Pick<EndedRun, 'workItemId' | 'projectId'>,
  ) {
    super(refusal.message);
  }
}

/** What an ending that was accepted appends, stores and answers. */
export interface DecidedEnding {
  readonly receipt: Receipt;
  /** Null when nothing has to be stored. */
  readonly request: AppendRequest | null;
  readonly artifacts: readonly StoredArtifact[];
}

/** Decides on one ending; `version` is that of the run's stream. Throws {@link RecordedRefusal}. */
export function decideEnding(run: EndedRun, version: number, command: EndRun): DecidedEnding {
  const { ending, metadata } = command;
  const events = eventsOf(run, command);
  const receipt = receiptOf(runStream(run.runId), metadata, version + events.length, events);
  return {
    receipt,
    request: requestOf(run, version, events, command, receipt),
    artifacts: ending.kind === 'complete' && events.length > 0 ? ending.artifacts : [],
  };
}

/**
 * Why a run can not be ended whose row is gone. Rows of runs that ended long ago are not kept, their streams are: no token
 * holds a lease of theirs any more.
 */
export function endingOfPast(events: readonly RecordedEvent[], { runId, metadata }: EndRun): Error {
  const [queued] = events as unknown as readonly RecordedEvent<RunStreamEvent>[];
  if (queued === undefined || queued.tenantId !== metadata.tenantId) return new NotFound(`run ${runId}`);
  return new RecordedRefusal(new LeaseLost(runId), queued.data);
}

function eventsOf(run: EndedRun, command: EndRun): readonly RunStreamEvent[] {
  try {
    return runDecider.decide(domainCommand(run, command), stateOf(run));
  } catch (error) {
    if (error instanceof LeaseLost) throw new RecordedRefusal(error, run);
    throw error;
  }
}

function domainCommand(run: EndedRun, { ending, metadata }: EndRun): CompleteRun | FailRun {
  const { runId, proof: lease, durationMs } = run;
  if (ending.kind === 'complete') {
    const artifacts = ending.artifacts.map(referenceOf);
    return { type: 'CompleteRun', data: { runId, lease, durationMs, result: ending.result, artifacts }, metadata };
  }
  const { error, retryable } = ending;
  return { type: 'FailRun', data: { runId, lease, durationMs, error, retryable }, metadata };
}

function stateOf({ status, runId, workItemId, projectId, attempt, agentId }: EndedRun): RunState {
  const run = { runId, workItemId, projectId, attempt };
  return status === 'running' ? { status, run, agentId: agentId! } : { status, run };
}

function requestOf(
  run: EndedRun,
  version: number,
  events: readonly RunStreamEvent[],
  { metadata, idempotency }: EndRun,
  receipt: Receipt,
): AppendRequest | null {
  if (events.length === 0 && idempotency === undefined) return null;
  return {
    commandId: metadata.commandId,
    streams: events.length === 0 ? [] : [runAppend({ ...run, version }, events, metadata)],
    ...(idempotency && { idempotency: [{ ...idempotency, tenantId: metadata.tenantId, response: receipt }] }),
  };
}

function referenceOf({ id, name, mediaType, bytes, sha256 }: StoredArtifact): Artifact {
  return { id, name, mediaType, bytes, sha256 };
}

/** The name of the command, for replies. */
export function commandType(ending: Ending): string {
  return ending.kind === 'complete' ? 'CompleteRun' : 'FailRun';
}
