import { failureKind } from '@codex/event-sourcing';

import type { GroupDesk, GroupMember } from './group-desk';
import type { MessagingLogger } from './messaging-logger';

const PATIENCE_MS = 5_000;
const PAUSE_MS = 200;

/** Member ids of this process, so that nobody here takes another consumer's for one of a process that is gone. */
const ours = new Set<string>();

export interface FormerMembersParts {
  readonly group: string;
  readonly desk: GroupDesk;
  readonly logger: MessagingLogger;
  /** Of this process alone, and of the one it replaces after a crash; null when client ids are shared. */
  readonly ownClientId: string | null;
}

/**
 * Members of a group that nobody stands behind any more: those that this consumer lost with its connection, and those of
 * the process that this one replaces. The broker would keep their partitions until their sessions end, and let a rebalance
 * wait for them; they are removed before the next join instead.
 */
export class FormerMembers {
  private readonly abandoned = new Set<string>();
  private predecessorLeft = false;

  constructor(private readonly parts: FormerMembersParts) {}

  /** The consumer has become this member. */
  joinedAs(memberId: string): void {
    ours.add(memberId);
  }

  /** The consumer is this member no more, and may not have been able to say so. */
  abandon(memberId: string): void {
    ours.delete(memberId);
    this.abandoned.add(memberId);
  }

  /**
   * Call before a join. A broker that does not answer is asked again for a while; then its error is the answer, because
   * whoever joined as soon as it is back would wait for the members that are gone. A broker that refuses is left alone.
   */
  async remove(isOver: () => boolean): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (this.hasWork && !isOver()) {
      try {
        await this.removeNow();
      } catch (error) {
        if (failureKind(error) !== 'transient') return this.giveUp(error);
        if (Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  private giveUp(error: unknown): void {
    this.parts.logger.warn(
      { group: this.parts.group, err: error },
      'members that were left behind stay until they expire',
    );
    this.done();
  }

  private get hasWork(): boolean {
    return this.abandoned.size > 0 || (this.parts.ownClientId !== null && !this.predecessorLeft);
  }

  private async removeNow(): Promise<void> {
    const { group, desk, ownClientId, logger } = this.parts;
    const members = await desk.members(group);
    const predecessor = this.predecessorLeft ? null : ownClientId;
    const isFormer = ({ memberId, clientId }: GroupMember): boolean =>
      this.abandoned.has(memberId) || (clientId === predecessor && !ours.has(memberId));
    const former = members.filter(isFormer).map(({ memberId }) => memberId);
    if (former.length > 0) {
      await desk.remove(group, former);
      logger.info({ group, members: former }, 'members that were left behind are removed');
    }
    this.done();
  }

  private done(): void {
    this.abandoned.clear();
    this.predecessorLeft = true;
  }
}
