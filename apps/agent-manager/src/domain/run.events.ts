import type {
  RunCancelled,
  RunCompleted,
  RunFailed,
  RunLost,
  RunProgressed,
  RunQueued,
  RunStarted,
} from '@codex/contracts';

/** What can happen on a Run stream. A run is one attempt at a work item. */
export type RunStreamEvent = RunQueued | RunStarted | RunProgressed | RunCompleted | RunFailed | RunCancelled | RunLost;
