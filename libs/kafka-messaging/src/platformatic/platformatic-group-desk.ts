import { Admin, type BaseOptions } from '@platformatic/kafka';

import { classifyGroupRequest } from '../driver/failed-requests';
import type { GroupDesk, GroupMember } from '../driver/group-desk';
import { protocolErrorOf } from './platformatic-errors';

export class PlatformaticGroupDesk implements GroupDesk {
  constructor(private readonly options: BaseOptions) {}

  members(group: string): Promise<readonly GroupMember[]> {
    return this.withAdmin(async (admin) => {
      const groups = await admin.describeGroups({ groups: [group] }).catch((error: unknown) => {
        if (protocolErrorOf(error) === 'GROUP_ID_NOT_FOUND') return null;
        throw error;
      });
      const members = groups?.get(group)?.members ?? new Map();
      return [...members.values()].map(({ id, clientId }) => ({ memberId: id, clientId }));
    });
  }

  async remove(group: string, memberIds: readonly string[]): Promise<void> {
    await this.withAdmin(async (admin) => {
      for (const memberId of memberIds) {
        await admin
          .removeMembersFromConsumerGroup({ groupId: group, members: [{ memberId }] })
          .catch((error: unknown) => {
            if (protocolErrorOf(error) !== 'UNKNOWN_MEMBER_ID') throw error;
          });
      }
    });
  }

  private async withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Admin(this.options);
    try {
      return await work(admin);
    } catch (error) {
      throw classifyGroupRequest(error, protocolErrorOf(error));
    } finally {
      await admin.close().catch(() => undefined);
    }
  }
}
