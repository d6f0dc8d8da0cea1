/** A tool that agents offer. `inputSchema` is JSON Schema (draft 2020-12), closed: what it does not name is refused. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: object;
}
