import { v7 as uuidv7 } from 'uuid';
import { ReadWorld } from './read-world';
import { Story } from './story';

const LIST = /* GraphQL */ `
  query ($projectId: ID!) {
    workItems(projectId: $projectId, first: 20) {
      edges {
        node {
          id
          state
          project {
            id
            name
          }
          lastRun {
            id
            status
            agent {
              name
            }
          }
          runs {
            id
            attempt
          }
          creation {
            id
            status
          }
          dependencies {
            id
            state
          }
          history(first: 2) {
            edges {
              node {
                type
              }
            }
            pageInfo {
              hasNextPage
            }
          }
          artifacts {
            name
            path
          }
        }
      }
    }
  }
`;

interface WorkItems {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string | null;
  };
}

describe('GraphQL queries', () => {
  let world: ReadWorld;
  let story: Story;

  beforeAll(async () => {
    world = await ReadWorld.create();
    story = world.story;
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('reach everything around a work item', async () => {
    const projectId = story.project({ name: 'P' });
    const agentId = story.agent({ name: 'worker' });
    const before = story.workItem(projectId).workItemId;
    const { workItemId, processId } = story.workItem(projectId, { dependsOn: [before] });
    const first = story.run(workItemId, projectId, agentId, 1);
    const second = story.run(workItemId, projectId, agentId, 2);
    const artifact = { id: uuidv7(), name: 'map.json', mediaType: 'application/json', bytes: 2, sha256: 'ff' };
    story.state(workItemId, projectId, 'completed', { result: { ok: true }, artifacts: [artifact] });
    await world.apply();
    const { body } = await world.graphql(LIST, { projectId });
    expect(body.errors).toBeUndefined();
    expect(body.data.workItems.edges[0].node).toEqual({
      ...{ id: workItemId, state: 'completed', project: { id: projectId, name: 'P' } },
      lastRun: { id: second, status: 'running', agent: { name: 'worker' } },
      runs: [
        { id: second, attempt: 2 },
        { id: first, attempt: 1 },
      ],
      creation: { id: processId, status: 'running' },
      dependencies: [{ id: before, state: 'draft' }],
      history: {
        edges: [{ node: { type: 'WorkItemCreated' } }, { node: { type: 'ProcessStarted' } }],
        pageInfo: { hasNextPage: true },
      },
      artifacts: [{ name: 'map.json', path: `/v1/work-items/${workItemId}/artifacts/${artifact.id}` }],
    });
  });

  it('answer every single thing by its id, and node(id)', async () => {
    const projectId = story.project();
    const { workItemId, processId } = story.workItem(projectId);
    const agentId = story.agent();
    const runId = story.run(workItemId, projectId, agentId);
    await world.apply();
    const ids = { project: projectId, workItem: workItemId, process: processId, agent: agentId, run: runId };
    const fields = Object.entries(ids).map(([field, id]) => `${field}(id: "${id}") { id }`);
    const { body } = await world.graphql(`{ ${fields.join(' ')} }`);
    expect(body.data).toEqual(Object.fromEntries(Object.entries(ids).map(([field, id]) => [field, { id }])));
    for (const [field, id] of Object.entries(ids)) {
      const type = field.charAt(0).toUpperCase() + field.slice(1);
      const answer = await world.graphql(
        `query ($id: ID!) { node(id: $id) { __typename id ... on ${type} { version } } }`,
        { id },
      );
      expect(answer.body.data.node).toEqual({ __typename: type, id, version: expect.any(Number) });
    }
  });

  it('page through connections', async () => {
    const projectId = story.project();
    const ids = Array.from({ length: 5 }, () => story.workItem(projectId).workItemId).toReversed();
    await world.apply();
    const page = (after: string | null) =>
      world.graphql(
        `query ($id: ID!, $after: String) { project(id: $id) { workItems(first: 2, after: $after) {
           edges { cursor node { id } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }`,
        { id: projectId, after },
      );
    const seen: string[] = [];
    let after: string | null = null;
    for (let hasNextPage = true; hasNextPage;) {
      const { edges, pageInfo } = (await page(after)).body.data.project.workItems as WorkItems;
      seen.push(...edges.map(({ node }) => node.id));
      expect(pageInfo).toMatchObject({ startCursor: edges[0]!.cursor, endCursor: edges.at(-1)!.cursor });
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      ({ hasNextPage, endCursor: after } = pageInfo);
    }
    expect(seen).toEqual(ids);
  });

  it('filter lists, count by state, and pass the queue on', async () => {
    const projectId = story.project();
    const { workItemId } = story.workItem(projectId, { labels: { team: 'a' } });
    story.state(story.workItem(projectId).workItemId, projectId, 'cancelled');
    await world.apply();
    world.agentManager.set(`/v1/queue?first=20&projectId=${projectId}`, {
      ...{
        depth: 1,
        items: [{ position: 1, workItemId, projectId, priority: 5, readySince: '2026-01-01T00:00:00.000Z' }],
      },
    });
    const { body } = await world.graphql(
      `query ($id: ID!) {
        labelled: workItems(projectId: $id, label: "team:a") { edges { node { id } } }
        cancelled: workItems(projectId: $id, state: "cancelled") { edges { node { state } } }
        project(id: $id) { workItemCounts { state count } drafts: workItems(state: "draft") { edges { node { id } } } }
        queue(projectId: $id) { depth items { position workItemId } }
        stats { projects workItems { state count } }
      }`,
      { id: projectId },
    );
    expect(body.errors).toBeUndefined();
    expect(body.data).toMatchObject({
      labelled: { edges: [{ node: { id: workItemId } }] },
      cancelled: { edges: [{ node: { state: 'cancelled' } }] },
      project: {
        workItemCounts: [
          { state: 'cancelled', count: 1 },
          { state: 'draft', count: 1 },
        ],
        drafts: { edges: [{ node: { id: workItemId } }] },
      },
      queue: { depth: 1, items: [{ position: 1, workItemId }] },
      stats: { projects: expect.any(Number) },
    });
  });

  it('need no more statements for twenty items than for one', async () => {
    const projectId = story.project();
    const agentId = story.agent();
    const one = story.workItem(projectId).workItemId;
    await world.apply();
    const ask = (id: string) => async () => {
      const { body } = await world.graphql(LIST, { projectId: id });
      expect(body.errors).toBeUndefined();
      return body.data.workItems.edges.length as number;
    };
    for (let index = 0; index < 20; index++) {
      const { workItemId } = story.workItem(projectId, { dependsOn: [one] });
      story.run(workItemId, projectId, agentId);
    }
    const small = story.project();
    story.run(story.workItem(small, { dependsOn: [one] }).workItemId, small, agentId);
    await world.apply();
    const forOne = await world.statementsOf(ask(small));
    const forTwenty = await world.statementsOf(ask(projectId));
    const again = await world.statementsOf(ask(projectId));
    expect({ forTwenty, again }).toEqual({ forTwenty: forOne, again: forOne });
    expect(forOne).toBeLessThanOrEqual(8);
    const projects = `{ projects(first: 20) { edges { node { workItemCounts { count } workItems(first: 3) { edges { node { id } } } } } } }`;
    expect(await world.statementsOf(() => world.graphql(projects))).toBe(3);
  });

  it('show nothing of another tenant', async () => {
    const foreign = new Story(uuidv7());
    const projectId = foreign.project();
    const { workItemId, processId } = foreign.workItem(projectId);
    const agentId = foreign.agent();
    const runId = foreign.run(workItemId, projectId, agentId);
    // An item of ours that names foreign things, as a bug elsewhere might make it.
    const own = story.workItem(projectId, { dependsOn: [workItemId], processId }).workItemId;
    await world.apply(foreign);
    await world.apply();
    const { body } = await world.graphql(`{
      project(id: "${projectId}") { id } workItem(id: "${workItemId}") { id } process(id: "${processId}") { id }
      agent(id: "${agentId}") { id } run(id: "${runId}") { id } node(id: "${workItemId}") { id }
      workItems(projectId: "${projectId}") { edges { node { id } } } runs(agentId: "${agentId}") { edges { node { id } } }
      own: workItem(id: "${own}") { project { id } creation { id } dependencies { id } }
    }`);
    expect(body.data).toEqual({
      ...{ project: null, workItem: null, process: null, agent: null, run: null, node: null },
      ...{ workItems: { edges: [{ node: { id: own } }] }, runs: { edges: [] } },
      own: { project: null, creation: null, dependencies: [] },
    });
  });

  it('wait for a consistency token', async () => {
    const projectId = story.project();
    const headers = { 'x-consistency-token': `Project-${projectId}@1` };
    const waiting = world.graphql(`{ project(id: "${projectId}") { id } }`, {}, { headers });
    await world.apply();
    expect((await waiting).body.data.project).toEqual({ id: projectId });
  });
});
