import type { Sql } from '@codex/postgres';
import { generationGroup } from './generation';

const FIRST_POLL_MS = 4;
const LONGEST_POLL_MS = 50;

/** What a consistency token names: `<stream>@<version>`. */
export interface AwaitedVersion {
  readonly stream: string;
  readonly version: number;
}

/** Parses `<Category>-<uuid>@<version>`; undefined when it is something else. */
export function parseConsistencyToken(token: string): AwaitedVersion | undefined {
  const match = /^(?<stream>[A-Z][A-Za-z]{0,40}-[0-9a-f-]{36})@(?<version>[1-9][0-9]{0,8})$/i.exec(token);
  if (!match) return undefined;
  const [category, ...id] = match.groups!.stream!.split('-');
  return { stream: `${category}-${id.join('-').toLowerCase()}`, version: Number(match.groups!.version) };
}

/** Waits for live read models to have applied a version of a stream. Reads the guards, so any read-only role can do it. */
export class ConsistencyWaiter {
  constructor(
    private readonly sql: Sql,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** True once every named projection has the version; false when `timeoutMs` went by first. */
  async waitFor(awaited: AwaitedVersion, projections: readonly string[], timeoutMs: number): Promise<boolean> {
    const deadline = this.clock() + timeoutMs;
    for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
      if (await this.hasApplied(awaited, projections)) return true;
      const remaining = deadline - this.clock();
      if (remaining <= 0) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, remaining)));
    }
  }

  private async hasApplied({ stream, version }: AwaitedVersion, projections: readonly string[]): Promise<boolean> {
    const { rows } = await this.sql.query<{ applied: string }>({
      name: 'consistency_applied',
      text: `select count(*)::text as applied from projections.generations g
        join inbox.guards d on d.consumer_group = ${groupOf('g')} and d.stream = $1
        where g.state = 'live' and g.projection = any($2::text[]) and d.version >= $3`,
      values: [stream, projections, version],
    });
    return Number(rows[0]!.applied) === projections.length;
  }
}

/** {@link generationGroup} in SQL. */
function groupOf(alias: string): string {
  const [prefix, infix] = generationGroup('\n', -1).replace('-1', '\n').split('\n');
  return `'${prefix}' || ${alias}.projection || '${infix}' || ${alias}.generation`;
}
