import { Admin, Consumer } from '@platformatic/kafka';

import { serverAddresses } from '@codex/testing';

// Longer than any test waits: what has to happen must not be the end of this session.
const SESSION_MS = 120_000;
const PROTOCOL = { name: 'RoundRobinAssigner', version: 0 };

/** Joins the group and dies: nothing beats or leaves, so the broker keeps its partitions. Resolves with its member id. */
export async function vanishedMember(group: string, topic: string, clientId: string): Promise<string> {
  const consumer = new Consumer({ ...connection(clientId), groupId: group, protocols: [PROTOCOL] });
  consumer.topics.trackAll(topic);
  const timing = { sessionTimeout: SESSION_MS, rebalanceTimeout: SESSION_MS, heartbeatInterval: SESSION_MS / 2 };
  const memberId = await consumer.joinGroup(timing);
  await consumer.connections.close();
  await consumer.close(true);
  return memberId;
}

export function membersOf(group: string): Promise<readonly string[]> {
  return withAdmin(async (admin) => {
    const groups = await admin.describeGroups({ groups: [group] });
    return [...groups.get(group)!.members.keys()];
  });
}

/** Takes every member out of the group behind its back. */
export function removeMembers(group: string): Promise<void> {
  return withAdmin((admin) => admin.removeMembersFromConsumerGroup({ groupId: group }));
}

/** Cuts the log off: records below the offset are gone. */
export function deleteRecordsBelow(topic: string, partition: number, offset: number): Promise<unknown> {
  const partitions = [{ partition, offset: BigInt(offset) }];
  return withAdmin((admin) => admin.deleteRecords({ topics: [{ name: topic, partitions }] }));
}

/** The group's committed offset; -1 when there is none. */
export function committedOffset(group: string, topic: string, partition: number): Promise<number> {
  return withAdmin(async (admin) => {
    const topics = [{ name: topic, partitionIndexes: [partition] }];
    const [listed] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] });
    return Number(listed!.topics[0]?.partitions[0]?.committedOffset ?? -1);
  });
}

async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(connection('group-tools'));
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

function connection(clientId: string): { clientId: string; bootstrapBrokers: string[] } {
  return { clientId, bootstrapBrokers: [...serverAddresses().kafkaBrokers] };
}
