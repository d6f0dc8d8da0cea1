import { Refusal } from '@codex/event-sourcing';

/** As many work items are open as the project allows. */
export class QuotaExceeded extends Refusal {
  readonly code = 'QUOTA_EXCEEDED';

  constructor(
    readonly projectId: string,
    readonly maxOpenWorkItems: number,
  ) {
    super(`project ${projectId} allows ${maxOpenWorkItems} open work items`);
  }
}
