import { commands, members, queries, readers } from './route';

export const notificationRoutes = [
  ...queries('notification', readers, 'GET /subscriptions', 'GET /subscriptions/:id'),
  ...commands('notification', members, 'POST /subscriptions', 'DELETE /subscriptions/:id'),
];
