import type { ReleaseQuotaData } from '@codex/contracts';
import { metadataOf, type CommandMetadata, type DomainEvent, type OutgoingMessage } from '@codex/event-sourcing';
import { v5 as uuidv5 } from 'uuid';
import type { WorkItemFact } from '../domain/work-item.events';
import type { ClosedWorkItem, LivingWorkItem } from '../domain/work-item.state';
import { quotaStream } from '../processes/remote-actions';

const CLOSING: ReadonlySet<string> = new Set(['completed', 'failed', 'cancelled']);

/** True when one of these facts ends the work item. A deleted one is not meant: its process gives the quota back. */
export function closesWorkItem(events: readonly DomainEvent[]): boolean {
  return (events as readonly WorkItemFact[]).some(
    (event) => event.type === 'WorkItemStateChanged' && CLOSING.has(event.data.newState),
  );
}

/**
 * Gives the quota grant of a closed work item back; stored with the append that closes it. Always the same command for
 * the same grant, and releasing twice changes nothing.
 */
export function releaseOf(item: LivingWorkItem | ClosedWorkItem, metadata: CommandMetadata): OutgoingMessage {
  const { workItemId, projectId, processId: grantId } = item;
  const commandId = uuidv5('closed', grantId);
  const data: ReleaseQuotaData = { projectId, workItemId, grantId, processId: null };
  return {
    kind: 'command',
    stream: quotaStream(projectId),
    tenantId: metadata.tenantId,
    type: 'ReleaseQuota',
    data,
    metadata: { ...metadataOf(metadata, commandId), commandId },
  };
}
