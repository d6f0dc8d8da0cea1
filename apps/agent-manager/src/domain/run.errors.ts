import { Refusal } from '@codex/event-sourcing';

/** The token is not the one of the run's current lease, or the lease has ended. */
export class LeaseLost extends Refusal {
  readonly code = 'LEASE_LOST';

  constructor(readonly runId: string) {
    super(`the caller holds no lease on run ${runId}`);
  }
}

/** The run is not waiting any more. */
export class RunNotQueued extends Refusal {
  readonly code = 'RUN_NOT_QUEUED';

  constructor(readonly runId: string) {
    super(`run ${runId} does not wait for an agent`);
  }
}
