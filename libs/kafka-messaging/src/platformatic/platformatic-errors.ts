import { classifyFailedRequest, isListedTopic } from '../driver/failed-requests';
import type { FetchResponse } from './fetched-batches';

/** Kafka's name of the first protocol error among nested ones, e.g. `NOT_LEADER_OR_FOLLOWER`. */
export function protocolErrorOf(error: unknown): string | undefined {
  return search(error, (each) => (typeof each.apiId === 'string' ? each.apiId : undefined));
}

/** The answer of a fetch that failed for some of its partitions only. */
export function partialFetch(error: unknown): FetchResponse | undefined {
  return search(error, ({ response }) =>
    typeof response === 'object' && response !== null && 'responses' in response
      ? (response as FetchResponse)
      : undefined,
  );
}

/** The topics of a listing that failed for some of them only: one of somebody else has no leader, or is being deleted. */
export function partialListing(error: unknown): readonly string[] | undefined {
  const topics = search(error, ({ response }) => (isListing(response) ? response.topics : undefined));
  return topics?.filter(({ errorCode }) => isListedTopic(errorCode)).map(({ name }) => name);
}

export function classifyPlatformaticError(error: unknown): Error {
  return classifyFailedRequest(error, protocolErrorOf(error));
}

interface ListedTopic {
  readonly errorCode: number;
  readonly name: string;
}

function isListing(response: unknown): response is { readonly topics: readonly ListedTopic[] } {
  return typeof response === 'object' && response !== null && 'topics' in response && Array.isArray(response.topics);
}

interface NestedError {
  readonly apiId?: unknown;
  readonly response?: unknown;
  readonly errors?: unknown;
  readonly cause?: unknown;
}

function search<T>(error: unknown, find: (error: NestedError) => T | undefined, depth = 0): T | undefined {
  if (!(error instanceof Error) || depth > 8) return undefined;
  const nested: NestedError = error;
  const found = find(nested);
  if (found !== undefined) return found;
  for (const each of Array.isArray(nested.errors) ? nested.errors.toReversed() : []) {
    const within = search(each, find, depth + 1);
    if (within !== undefined) return within;
  }
  return search(nested.cause, find, depth + 1);
}
