import { type PartitionAssigner, PartitionAssigners } from 'kafkajs';

import { abandon, type Connection } from './kafkajs-connection';

interface JoinArguments {
  readonly memberId: string;
  readonly groupProtocols: readonly object[];
}
interface Requests {
  readonly JoinGroup: { protocol: (choice: { readonly version: number }) => (args: JoinArguments) => unknown };
}

interface Broker {
  readonly connectionPool: { readonly pool: readonly Connection[] };
}

/** The connections of one kafkajs consumer. */
export interface Cluster {
  readonly brokerPool: { readonly seedBroker?: Broker; readonly brokers: Readonly<Record<string, Broker>> };
}

/** What can be known of a consumer that is still joining. */
export interface JoinListener {
  onCluster(cluster: Cluster): void;
  /**
   * Under this id the consumer asks to be a member; kafkajs itself tells only once the join is over. Empty: it asks for an
   * id. By throwing the listener refuses the request, and kafkajs does not repeat it.
   */
  onJoinRequest(memberId: string): void;
}

const listeners = new WeakMap<object, JoinListener>();
let applied = false;

/** kafkajs's round robin, which tells `listener` what happens while its consumer joins. */
export function observedAssigner(listener: JoinListener): PartitionAssigner {
  observeJoins();
  return (config) => {
    listener.onCluster(config.cluster as unknown as Cluster);
    const assigner = PartitionAssigners.roundRobin(config);
    const protocol: typeof assigner.protocol = (subscription) => {
      const state = assigner.protocol(subscription);
      listeners.set(state, listener);
      return state;
    };
    return { ...assigner, protocol };
  };
}

/** Ends everything that is under way: kafkajs itself would wait for it, a join as long as the broker holds it back. */
export function cutOff(cluster: Cluster): void {
  for (const pool of poolsOf(cluster)) for (const connection of pool) abandon(connection, stopping());
}

/** Ends fetching for good. Fetches have connections of their own: leaving the group goes over the others. */
export function cutOffFetches(cluster: Cluster): void {
  for (const [, fetching] of poolsOf(cluster)) {
    if (fetching === undefined) continue;
    // A consumer that is told to stop while it begins sends its first fetch all the same.
    fetching.connect = () => Promise.reject(stopping());
    abandon(fetching, stopping());
  }
}

function poolsOf({ brokerPool: { seedBroker, brokers } }: Cluster): (readonly Connection[])[] {
  return [seedBroker, ...Object.values(brokers)].map((broker) => broker?.connectionPool.pool ?? []);
}

function stopping(): Error {
  return new Error('the consumer stops');
}

/** What a listener throws: kafkajs repeats whatever does not say that this is of no use. */
export class JoinRefused extends Error {
  readonly retriable = false;

  constructor() {
    super('the consumer stops');
  }
}

function observeJoins(): void {
  if (applied) return;
  applied = true;
  // kafkajs has no entry for this; the file is part of the pinned version.
  const { requests } = require('kafkajs/src/protocol/requests') as { readonly requests: Requests };
  const definition = requests.JoinGroup;
  const original = definition.protocol;
  definition.protocol = (choice) => {
    const make = original(choice);
    return (args) => {
      const [protocol] = args.groupProtocols;
      if (protocol !== undefined) listeners.get(protocol)?.onJoinRequest(args.memberId);
      return make(args);
    };
  };
}
