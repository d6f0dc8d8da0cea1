import type {
  ToolRecipeValidated,
  WorkItemApproved,
  WorkItemCreated,
  WorkItemDeleted,
  WorkItemPriorityChanged,
  WorkItemRejected,
  WorkItemRetryRequested,
  WorkItemStateChanged,
} from '@codex/contracts';

/** The facts of `WorkItem` streams. */
export type WorkItemFact =
  | WorkItemCreated
  | ToolRecipeValidated
  | WorkItemStateChanged
  | WorkItemApproved
  | WorkItemRejected
  | WorkItemPriorityChanged
  | WorkItemRetryRequested
  | WorkItemDeleted;
