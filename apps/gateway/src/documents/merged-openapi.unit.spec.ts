import type { GatewayRoute } from '../routing/route';
import { mergeDocuments, MergedOpenApi } from './merged-openapi';

const table: GatewayRoute[] = [
  { method: 'GET', path: '/v1/projects/:id', service: 'query-api', roles: ['member'], kind: 'query' },
  { method: 'POST', path: '/v1/projects/:id/archive', service: 'project', roles: ['member'], kind: 'command' },
];

const described = {
  paths: {
    '/v1/projects/{projectId}': {
      get: {
        parameters: [{ name: 'projectId', in: 'path', required: true }],
        responses: { 200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Project' } } } } },
      },
      delete: {},
    },
    '/v1/secret': { get: {} },
  },
  components: { schemas: { Project: { properties: { quota: { $ref: '#/components/schemas/Quota' } } }, Quota: {} } },
};

describe('the merged document', () => {
  const merged = mergeDocuments(table, new Map([['query-api', described]])) as any;

  it('has the routes of the table and no other', () => {
    const lines = Object.entries(merged.paths).flatMap(([path, item]) =>
      Object.keys(item as object).map((verb) => `${verb} ${path}`),
    );
    expect(lines).toEqual(['get /v1/projects/{id}', 'post /v1/projects/{id}/archive']);
  });

  it('keeps what the services say, under names that can’t collide', () => {
    const { get } = merged.paths['/v1/projects/{id}'];
    expect(get.parameters).toEqual([{ name: 'id', in: 'path', required: true }]);
    expect(get.responses[200].content['application/json'].schema).toEqual({
      $ref: '#/components/schemas/query-api.Project',
    });
    expect(merged.components.schemas['query-api.Project']).toEqual({
      properties: { quota: { $ref: '#/components/schemas/query-api.Quota' } },
    });
  });

  it('lists what a service does not describe, with its path parameters', () => {
    expect(merged.paths['/v1/projects/{id}/archive'].post).toMatchObject({
      parameters: [{ name: 'id', in: 'path' }],
      tags: ['project'],
    });
  });

  it('is made once for many callers, and again soon while a service is missing', async () => {
    let now = 0;
    let asked = 0;
    const openApi = new MergedOpenApi(
      table,
      async (service) => (service === 'project' && asked++ === 0 ? null : {}),
      {},
      () => now,
    );
    await Promise.all([openApi.document(), openApi.document()]);
    expect(asked).toBe(1);
    now += 3_001;
    await openApi.document();
    now += 59_000;
    await openApi.document();
    expect(asked).toBe(2);
    now += 2_000;
    await openApi.document();
    expect(asked).toBe(3);
  });
});
