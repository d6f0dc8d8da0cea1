import { eventually, SseClient } from '@codex/testing';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { RunningSystem } from '../../infra/local/system/start-system';
import { GatewayClient } from './gateway-client';

const CHANGES = `subscription($projectId: ID!, $after: String) {
  workItemStateChanged(projectId: $projectId, after: $after) { stream version newState cursor } }`;
const LIMIT = { timeoutMs: 60_000 };

/** One change of state as a subscription shows it. */
interface Change {
  readonly stream: string;
  readonly version: number;
  readonly newState: string;
  readonly cursor: string;
}

/** What clients may rely on of `GET /v1/events` and of GraphQL subscriptions, over a running system. */
export function liveStreamsShowWhatHappens(system: () => RunningSystem): void {
  it('shows what happens as it happens, and goes on exactly where it was cut off by a restart', async () => {
    const client = new LiveClient(system());
    const { id: projectId } = await client.post('/v1/projects', { name: 'Live' });
    const before = await client.follow(`?projectId=${projectId}`);
    const start = await eventually(() => before.lastId ?? false, LIMIT);
    const changes = client.subscribe(projectId, start);
    const first = await client.newItem(projectId);
    await seesItEnd(first, before, changes);

    system().kill('query-api');
    await eventually(() => before.isOver, LIMIT);
    const second = await client.newItem(projectId);
    await system().whenReady('query-api', LIMIT.timeoutMs);
    const after = await client.follow(`?projectId=${projectId}`, before.lastId!);
    const laterChanges = client.subscribe(projectId, changes.at(-1)!.cursor);
    await seesItEnd(second, after, laterChanges);

    await eventually(async () => {
      const missing = [...(await client.history(first)), ...(await client.history(second))].filter(
        (name) => ![...before.names, ...after.names].includes(name),
      );
      expect(missing).toEqual([]);
    }, LIMIT);
    for (const item of [first, second]) {
      const stream = `WorkItem-${item}`;
      const seen = [...before.events, ...after.events].map(({ data }) => data).filter((data) => data.stream === stream);
      expect(seen.map(({ version }) => version)).toEqual(seen.map((_, index) => index + 1));
      const states = seen.filter(({ type }) => type === 'WorkItemStateChanged').map(({ data }) => data.newState);
      const ofItem = [...changes, ...laterChanges].filter((change) => change.stream === stream);
      expect(ofItem.map(({ newState }) => newState)).toEqual(states);
    }
    await client.close();
  }, 180_000);
}

async function seesItEnd(item: string, stream: SseClient, changes: readonly Change[]): Promise<void> {
  const name = `WorkItem-${item}`;
  const isEnd = (change: { readonly stream: string; readonly newState?: string }): boolean =>
    change.stream === name && change.newState === 'completed';
  await eventually(() => changes.some(isEnd), { ...LIMIT, description: 'the subscription shows the end' });
  await eventually(() => stream.events.some(({ data }) => isEnd({ stream: data.stream, ...data.data })), LIMIT);
}

/** A member who follows through the gateway. */
class LiveClient {
  private readonly member: GatewayClient;
  private readonly url: string;
  private readonly credentials: { readonly 'x-api-key': string };
  private readonly endings: (() => void | Promise<void>)[] = [];

  constructor(system: RunningSystem) {
    const { gatewayUrl, apiKeys } = system.contents();
    this.url = gatewayUrl;
    this.credentials = { 'x-api-key': apiKeys.member };
    this.member = new GatewayClient(() => gatewayUrl, apiKeys.member);
  }

  async post(path: string, body: object): Promise<{ readonly id: string }> {
    const answer = await this.member.post(path, body);
    expect(answer.status).toBeLessThan(300);
    return answer.body;
  }

  async newItem(projectId: string): Promise<string> {
    const toolRecipe = { steps: [{ tool: 'noop', with: {} }] };
    return (await this.post(`/v1/projects/${projectId}/work-items`, { title: 'Live', toolRecipe })).id;
  }

  /** The names of the events about an item so far, of its own stream and of all others. */
  async history(item: string): Promise<readonly string[]> {
    const { body } = await this.member.get(`/v1/work-items/${item}/history?first=200`);
    return body.items.map(({ stream, version }: Change) => `${stream}@${version}`);
  }

  /** Tries again while the gateway has not noticed yet that the service is back. */
  async follow(query: string, lastEventId?: string): Promise<SseClient> {
    const resume: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const open = async (): Promise<SseClient | false> => {
      const stream = await SseClient.open(`${this.url}/v1/events${query}`, { ...this.credentials, ...resume });
      return stream.status === 200 && stream;
    };
    const stream = await eventually(open, LIMIT);
    this.endings.push(() => stream.close());
    return stream;
  }

  /** The changes of state as they come, until the connection breaks. */
  subscribe(projectId: string, after: string): readonly Change[] {
    const changes: Change[] = [];
    const client = createClient({
      url: `${this.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: this.credentials,
      retryAttempts: 0,
    });
    this.endings.push(() => client.dispose());
    client.subscribe<{ workItemStateChanged: Change }>(
      { query: CHANGES, variables: { projectId, after } },
      {
        next: ({ data }) => data && changes.push(data.workItemStateChanged),
        error: () => undefined,
        complete: () => undefined,
      },
    );
    return changes;
  }

  async close(): Promise<void> {
    await Promise.all(this.endings.map((end) => end()));
  }
}
