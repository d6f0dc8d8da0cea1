import { uuid, validationFailed } from '@codex/platform';
import { newestFirstCursor, type EdgePage, type ListRequest, type Position } from '../queries/page';

const LARGEST_PAGE = 200;
const LONGEST_TEXT = 1_000;

/** What every list field takes. */
export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** A Relay connection. */
export interface Connection<Node> {
  readonly edges: readonly { readonly node: Node; readonly cursor: string }[];
  readonly pageInfo: {
    readonly startCursor: string | null;
    readonly endCursor: string | null;
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
  };
}

/** `first` within its bounds, else VALIDATION_FAILED. */
export function firstOf({ first }: PageArguments, path = 'first'): number {
  const wanted = first ?? 20;
  if (wanted >= 1 && wanted <= LARGEST_PAGE) return wanted;
  throw validationFailed({ path, message: `must be 1 to ${LARGEST_PAGE}` });
}

/** The arguments of a list that shows the newest first. */
export function listRequest(tenantId: string, page: PageArguments, decode = newestFirstCursor.decode): ListRequest {
  const after: Position | undefined = decode(page.after ?? undefined);
  return { tenantId, first: firstOf(page), after };
}

/** An id from outside, in lower case, else VALIDATION_FAILED. */
export function idOf(given: string, path = 'id'): string {
  const parsed = uuid.safeParse(given);
  if (parsed.success) return parsed.data;
  throw validationFailed({ path, message: 'must be a UUID' });
}

/** {@link idOf} for an argument that may be absent. */
export function optionalIdOf(given: string | null | undefined, path: string): string | undefined {
  return given === null || given === undefined ? undefined : idOf(given, path);
}

/** Text to compare with; what no column can hold is VALIDATION_FAILED. */
export function textOf(given: string | null | undefined, path: string): string | undefined {
  if (given === null || given === undefined) return undefined;
  if (given.length <= LONGEST_TEXT && !given.includes('\0')) return given;
  throw validationFailed({ path, message: `must be text of at most ${LONGEST_TEXT} characters without NUL` });
}

/** `key:value` as a label filter. */
export function labelsOf(label: string | null | undefined): Record<string, string> | undefined {
  const given = textOf(label, 'label');
  if (given === undefined) return undefined;
  if (!/^[^:]+:/.test(given)) throw validationFailed({ path: 'label', message: 'must be key:value' });
  const colon = given.indexOf(':');
  return { [given.slice(0, colon)]: given.slice(colon + 1) };
}

/** A page as a connection. `after` tells whether there was a page before. */
export function connection<Node>(page: EdgePage<Node>, { after }: PageArguments): Connection<Node> {
  const { endCursor, hasNextPage } = page.pageInfo;
  const startCursor = page.items[0]?.cursor ?? null;
  return { edges: page.items, pageInfo: { startCursor, endCursor, hasNextPage, hasPreviousPage: Boolean(after) } };
}
