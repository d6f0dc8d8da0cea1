import type { Kafka } from 'kafkajs';

import { classifyGroupRequest } from '../driver/failed-requests';
import type { GroupDesk, GroupMember } from '../driver/group-desk';
import { protocolErrorType } from './kafkajs-errors';

interface Coordinator {
  describeGroups(request: { readonly groupIds: readonly string[] }): Promise<{
    readonly groups: readonly { readonly members: readonly GroupMember[] }[];
  }>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
}
interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(request: { readonly groupId: string }): Promise<Coordinator>;
}

/** kafkajs offers nothing to remove members with, but hands its cluster to a partition assigner: of a consumer never run. */
export class KafkajsGroupDesk implements GroupDesk {
  constructor(private readonly kafka: Kafka) {}

  members(group: string): Promise<readonly GroupMember[]> {
    return this.atCoordinator(group, async (coordinator) => {
      const { groups } = await coordinator.describeGroups({ groupIds: [group] });
      return groups[0]?.members ?? [];
    });
  }

  async remove(group: string, memberIds: readonly string[]): Promise<void> {
    await this.atCoordinator(group, async (coordinator) => {
      for (const memberId of memberIds) {
        await coordinator.leaveGroup({ groupId: group, memberId }).catch((error: unknown) => {
          if (protocolErrorType(error) !== 'UNKNOWN_MEMBER_ID') throw error;
        });
      }
    });
  }

  private async atCoordinator<T>(group: string, work: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    const cluster = clusterOf(this.kafka, group);
    try {
      await cluster.connect();
      return await work(await cluster.findGroupCoordinator({ groupId: group }));
    } catch (error) {
      throw classifyGroupRequest(error, protocolErrorType(error));
    } finally {
      await cluster.disconnect();
    }
  }
}

function clusterOf(kafka: Kafka, group: string): Cluster {
  let cluster: Cluster | undefined;
  const capture = (config: { readonly cluster: unknown }): never => {
    cluster = config.cluster as Cluster;
    return undefined as never;
  };
  kafka.consumer({ groupId: group, partitionAssigners: [capture] });
  if (cluster === undefined) throw new Error('kafkajs has changed: assigners get no cluster');
  return cluster;
}
