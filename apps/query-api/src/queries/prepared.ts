/** A statement with its values; one that has a name is planned once a connection. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly name?: string;
}

/** Each one takes memory on every connection, and clients choose fields and page sizes. */
const MOST = 200;
const names = new Map<string, string>();

/** Names the statement by its text, as long as there are not too many different ones. */
export function prepared(text: string, values: unknown[]): Statement {
  let name = names.get(text);
  if (name === undefined && names.size < MOST) names.set(text, (name = `list_${names.size}`));
  return name === undefined ? { text, values } : { name, text, values };
}
