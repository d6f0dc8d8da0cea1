import { commands, members, queries, readers } from './route';

export const workItemRoutes = [
  ...queries(
    'query-api',
    readers,
    'GET /work-items',
    'GET /work-items/:id',
    'GET /work-items/:id/history',
    'GET /work-items/:id/explain',
    'GET /processes',
    'GET /processes/:id',
  ),
  ...queries('agent-manager', readers, 'GET /work-items/:id/artifacts/:artifactId', 'GET /queue'),
  ...queries('work-item', readers, 'GET /tools'),
  ...commands(
    'work-item',
    members,
    'POST /projects/:projectId/work-items',
    'POST /work-items/:id/approve',
    'POST /work-items/:id/reject',
    'POST /work-items/:id/cancel',
    'POST /work-items/:id/retry',
    'PUT /work-items/:id/priority',
  ),
  ...commands('work-item', ['operator'], 'POST /processes/:id/retry', 'POST /processes/:id/skip'),
];
