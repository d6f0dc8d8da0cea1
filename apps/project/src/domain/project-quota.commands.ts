import type { AssignQuota, ReleaseQuota } from '@codex/contracts';
import type { DomainCommand } from '@codex/event-sourcing';
import type { QuotaLimits } from './project-quota.state';

export type SetProjectQuota = DomainCommand<'SetProjectQuota', QuotaLimits & { readonly projectId: string }>;

/** Everything that can be asked of a `ProjectQuota` stream. The first one by HTTP, the others over Kafka. */
export type ProjectQuotaCommand = SetProjectQuota | AssignQuota | ReleaseQuota;

export type { AssignQuota, ReleaseQuota };
