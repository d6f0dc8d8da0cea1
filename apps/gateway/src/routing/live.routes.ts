import { parse, readers, type GatewayRoute } from './route';

export const liveRoutes: GatewayRoute[] = [
  { ...parse('GET /events'), service: 'query-api', roles: readers, kind: 'live' },
  { method: 'POST', path: '/graphql', service: 'query-api', roles: readers, kind: 'query' },
];
