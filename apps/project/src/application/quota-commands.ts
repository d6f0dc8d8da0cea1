import {
  runCommandBatch,
  streamId,
  type BatchTransaction,
  type DomainEvent,
  type ReceivedCommand,
  type StateCache,
  type UnitOfWork,
} from '@codex/event-sourcing';
import type { AssignQuota, ReleaseQuota } from '../domain/project-quota.commands';
import { projectQuotaDecider } from '../domain/project-quota.decider';
import { projectDecider } from '../domain/project.decider';
import { requireActiveProject } from './project-gate';

export type QuotaCommand = AssignQuota | ReleaseQuota;

/** What the deciding of quota commands needs from its surroundings. */
export interface QuotaCommandsOptions {
  readonly cache: StateCache;
  readonly newId: () => string;
}

/**
 * Decides a batch of quota commands within `tx` and answers each with a reply. `AssignQuota` asks the project first;
 * `ReleaseQuota` is never refused, because it undoes. Resolves with what must be called after the commit.
 */
export function runQuotaCommands(
  commands: readonly ReceivedCommand<QuotaCommand>[],
  tx: BatchTransaction,
  options: QuotaCommandsOptions,
): Promise<() => void> {
  return runCommandBatch(commands, tx, {
    ...options,
    subjectOf: ({ data: { workItemId, projectId, processId } }) => ({ workItemId, projectId, processId }),
    prepare: async (unit, unknown) => {
      const assigning = unknown.filter(({ type }) => type === 'AssignQuota');
      await unit.load(projectDecider, assigning.map(projectOf));
      await unit.load(projectQuotaDecider, unknown.map(quotaOf));
      return (command) => (command.type === 'AssignQuota' ? assign(unit, command) : release(unit, command));
    },
  });
}

function assign(unit: UnitOfWork, command: AssignQuota): readonly DomainEvent[] {
  requireActiveProject(unit.stateOf(projectDecider, projectOf(command)), command.data.projectId, command.metadata);
  return unit.decide(projectQuotaDecider, quotaOf(command), command);
}

// A grant of another tenant is none of this one's: as with an unknown grant there is nothing to give back.
function release(unit: UnitOfWork, command: ReleaseQuota): readonly DomainEvent[] {
  const owner = unit.stateOf(projectQuotaDecider, quotaOf(command)).tenantId;
  return owner === command.metadata.tenantId ? unit.decide(projectQuotaDecider, quotaOf(command), command) : [];
}

function projectOf({ data }: QuotaCommand): string {
  return streamId(projectDecider.category, data.projectId);
}

function quotaOf({ data }: QuotaCommand): string {
  return streamId(projectQuotaDecider.category, data.projectId);
}
