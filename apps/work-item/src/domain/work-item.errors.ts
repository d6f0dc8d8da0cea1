import { Refusal } from '@codex/event-sourcing';

/** A work item id can be used once. */
export class WorkItemAlreadyExists extends Refusal {
  readonly code = 'WORK_ITEM_ALREADY_EXISTS';

  constructor(readonly workItemId: string) {
    super(`work item ${workItemId} exists already`);
  }
}

/** What is over stays as it is. */
export class WorkItemClosed extends Refusal {
  readonly code = 'WORK_ITEM_CLOSED';

  constructor(
    readonly workItemId: string,
    readonly state: string,
  ) {
    super(`work item ${workItemId} is ${state}`);
  }
}

/** Only what waits for an approval can be approved or rejected. */
export class NotAwaitingApproval extends Refusal {
  readonly code = 'WORK_ITEM_NOT_AWAITING_APPROVAL';

  constructor(
    readonly workItemId: string,
    readonly state: string,
  ) {
    super(`work item ${workItemId} is ${state} and does not wait for an approval`);
  }
}

/** The answer to an approval is given once. */
export class ApprovalAlreadyDecided extends Refusal {
  readonly code = 'APPROVAL_ALREADY_DECIDED';

  constructor(
    readonly workItemId: string,
    readonly approval: string,
  ) {
    super(`work item ${workItemId} was ${approval} already`);
  }
}

/** Only a failed work item can be retried. */
export class WorkItemNotFailed extends Refusal {
  readonly code = 'WORK_ITEM_NOT_FAILED';

  constructor(
    readonly workItemId: string,
    readonly state: string,
  ) {
    super(`work item ${workItemId} is ${state}; only a failed one can be retried`);
  }
}

/** A work item can depend only on work items of its tenant that exist. */
export class UnknownDependency extends Refusal {
  readonly code = 'UNKNOWN_DEPENDENCY';

  constructor(readonly dependencies: readonly string[]) {
    super(`there is no work item ${dependencies.join(', ')}`);
  }
}

/** Nothing can be added to an archived project. */
export class ProjectIsArchived extends Refusal {
  readonly code = 'PROJECT_ARCHIVED';

  constructor(readonly projectId: string) {
    super(`project ${projectId} is archived`);
  }
}

/** The recipe names a tool that is not in the catalogue. */
export class UnknownTool extends Refusal {
  readonly code = 'UNKNOWN_TOOL';

  constructor(
    readonly step: number,
    readonly tool: string,
  ) {
    super(`step ${step}: there is no tool ${tool}`);
  }
}

/** A step's input does not match the tool's schema. */
export class InvalidToolInput extends Refusal {
  readonly code = 'INVALID_TOOL_INPUT';

  constructor(
    readonly step: number,
    readonly tool: string,
    readonly problems: readonly string[],
  ) {
    super(`step ${step}, ${tool}: ${problems.join('; ')}`);
  }
}
