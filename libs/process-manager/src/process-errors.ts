import { Refusal } from '@codex/event-sourcing';

/** Retry and skip are for processes whose compensation failed; this one is elsewhere. */
export class ProcessNotStuck extends Refusal {
  readonly code = 'PROCESS_NOT_STUCK';

  constructor(
    readonly processId: string,
    readonly status: string,
  ) {
    super(`the process is ${status}; only one whose compensation failed can be retried or skipped`);
  }
}
