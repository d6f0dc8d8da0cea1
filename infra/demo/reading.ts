import type { ApiClient } from './api-client';
import type { Narrator } from './narrator';
import type { HistoryEvent, Page, Projection, WorkItem } from './views';

const PATIENCE_MS = 60_000;

interface SystemMap {
  readonly languages?: readonly { readonly language: string; readonly files: number; readonly lines: number }[];
  readonly [part: string]: unknown;
}

/** The result over REST and over GraphQL, and the artifact's own bytes. */
export async function readResult(api: ApiClient, narrator: Narrator, id: string): Promise<void> {
  const item = await api.get<WorkItem>(`/v1/work-items/${id}`);
  narrator.line(`GET /v1/work-items/{id}: ${item.state} after attempt ${item.attempt}`);
  const [artifact] = item.artifacts;
  if (!artifact) throw new Error('the analysis has no artifact');
  const map = await api.get<SystemMap>(`/v1/work-items/${id}/artifacts/${artifact.id}`);
  narrator.good(`${artifact.name}, ${artifact.bytes} bytes: ${Object.keys(map).join(', ')}`);
  narrator.table(
    (map.languages ?? [])
      .slice(0, 5)
      .map(({ language, files, lines }) => [language, `${files} files`, `${lines} lines`]),
  );
  const query = `query($id: ID!) { workItem(id: $id) { title state project { name } lastRun { status durationMs agent { name } } artifacts { name } } }`;
  const { workItem } = await api.graphql<{ workItem: unknown }>(query, { id });
  narrator.good(`POST /graphql: ${JSON.stringify(workItem)}`);
}

/** What happened to one item, in every service, and whether one correlation id ties it together. */
export async function showHistory(api: ApiClient, narrator: Narrator, id: string): Promise<void> {
  const { items } = await api.get<Page<HistoryEvent>>(`/v1/work-items/${id}/history?first=200`);
  const first = Date.parse(items[0]?.occurredAt ?? '');
  narrator.table(
    items.map((event) => [
      `+${Date.parse(event.occurredAt) - first} ms`,
      event.context,
      `${event.stream.split('-')[0]} v${event.version}`,
      event.type,
    ]),
  );
  const ids = new Set(items.map((event) => event.correlationId));
  const contexts = new Set(items.map((event) => event.context));
  if (ids.size !== 1) throw new Error(`expected one correlation id, found ${[...ids].join(', ')}`);
  narrator.good(`${items.length} events of ${contexts.size} services, one correlation id: ${[...ids][0]}`);
}

/** Builds a read model anew from Kafka beside the live one, compares the two, and swaps. */
export async function rebuildReadModel(api: ApiClient, narrator: Narrator, name: string): Promise<void> {
  const { body } = await api.post<{ generation: number }>(`/v1/operations/projections/${name}/rebuild`);
  narrator.line(`POST /v1/operations/projections/${name}/rebuild: generation ${body.generation} fills from offset 0`);
  const { rebuild } = await api.until<Projection>(
    `/v1/operations/projections/${name}`,
    (seen) => seen.rebuild?.generation === body.generation && !['filling', 'comparing'].includes(seen.rebuild.phase),
    PATIENCE_MS,
  );
  if (!rebuild?.report) throw new Error(`the rebuild of ${name} ended as ${rebuild?.phase}: ${rebuild?.error}`);
  const { live, rebuilt, equal } = rebuild.report;
  narrator.table([
    ['', 'rows', 'hash over all rows'],
    ['live', live.rows, live.hash],
    ['rebuilt', rebuilt.rows, rebuilt.hash],
  ]);
  if (!equal) throw new Error(`${name} differs after its rebuild`);
  narrator.good(`equal, so the rebuilt tables went live (${rebuild.phase}); the old ones are kept for a way back`);
}

/** How much the audit store holds, by its gapless index. */
export async function countAuditRecords(api: ApiClient, narrator: Narrator): Promise<void> {
  const { items } = await api.until<Page<{ index: number; leafHash: string; type: string }>>(
    '/v1/audit/records?first=1',
    (page) => page.items.length > 0,
    PATIENCE_MS,
  );
  const newest = items[0]!;
  narrator.good(
    `${newest.index + 1} records; the newest is ${newest.type}, leaf hash ${newest.leafHash.slice(0, 16)}…`,
  );
}
