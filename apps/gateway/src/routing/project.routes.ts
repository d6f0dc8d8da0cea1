import { commands, members, queries, readers } from './route';

export const projectRoutes = [
  ...queries('query-api', readers, 'GET /projects', 'GET /projects/:id', 'GET /projects/:id/quota'),
  ...commands(
    'project',
    members,
    'POST /projects',
    'PATCH /projects/:id',
    'POST /projects/:id/archive',
    'PUT /projects/:id/vision',
    'POST /projects/:id/requirements',
    'PATCH /projects/:id/requirements/:rid',
    'DELETE /projects/:id/requirements/:rid',
    'PUT /projects/:id/quota',
  ),
  ...commands('project', ['member', 'operator'], 'POST /projects/:id/pause', 'POST /projects/:id/resume'),
];
