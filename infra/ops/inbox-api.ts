import type { OperationsApi } from './operations-api';

export interface DeadLetter {
  readonly id: string;
  readonly service: string;
  readonly consumerGroup: string;
  readonly stream: string;
  readonly type: string | null;
  readonly group: string;
  readonly reason: string;
  readonly status: string;
  readonly attempts: number;
  readonly lastAt: string;
  readonly queued: number;
}

export interface Waiting {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly eventId: string;
  readonly stream: string;
  readonly code: string;
  readonly reason: string;
  readonly since: string;
  readonly attempts: number;
}

export interface Consumer {
  readonly service: string;
  readonly group: string;
  readonly state: string;
  readonly healthy: boolean;
  readonly assignedPartitions: number;
  readonly lagMs: number;
  readonly parked: number;
  readonly error: string | null;
  readonly waiting: readonly Waiting[];
}

/** A list over all services; those that did not answer are named. */
export interface MergedList<Item> {
  readonly items: readonly Item[];
  readonly unavailable: readonly string[];
  readonly pageInfo?: { readonly hasNextPage: boolean };
}

export interface LetterReceipt {
  readonly id: string;
  readonly status: string;
  readonly released: number;
  readonly parkedBy: string | null;
}

export interface GroupReceipt {
  readonly group: string;
  readonly redriven?: number;
  readonly discarded?: number;
  readonly parkedAgain: number;
  readonly remaining: number;
  readonly unavailable: readonly string[];
}

export interface DeadLetterFilter {
  readonly group?: string;
  readonly service?: string;
  readonly status?: string;
}

export interface SkipOrder {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly eventId: string;
  readonly reason: string;
}

export interface AdoptedLog {
  readonly topic: string;
  readonly found: string;
}

export type Act = 'redrive' | 'discard';

const PATH = '/operations/dead-letters';

/** What operators do about messages that consumers could not process. */
export class InboxApi {
  constructor(private readonly api: OperationsApi) {}

  deadLetters(filter: DeadLetterFilter): Promise<MergedList<DeadLetter>> {
    const query = new URLSearchParams({ first: '200', ...given(filter) });
    return this.api.call('GET', `${PATH}?${query.toString()}`);
  }

  settle(act: Act, id: string, reason: string | undefined): Promise<LetterReceipt> {
    return this.api.call('POST', `${PATH}/${encodeURIComponent(id)}/${act}`, given({ reason }));
  }

  settleGroup(act: Act, group: string, reason: string | undefined): Promise<GroupReceipt> {
    return this.api.call('POST', `${PATH}/${act}`, given({ group, reason }));
  }

  consumers(service: string | undefined): Promise<MergedList<Consumer>> {
    const query = new URLSearchParams(given({ service })).toString();
    return this.api.call('GET', `/operations/consumers${query === '' ? '' : `?${query}`}`);
  }

  adopt(group: string, reason: string): Promise<{ readonly logs: readonly AdoptedLog[] }> {
    return this.api.call('POST', '/operations/consumers/adopt', { group, reason });
  }

  skip(order: SkipOrder): Promise<{ readonly id: string }> {
    return this.api.call('POST', '/operations/consumers/skip', order);
  }
}

function given(values: Readonly<Record<string, string | undefined>> | DeadLetterFilter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
