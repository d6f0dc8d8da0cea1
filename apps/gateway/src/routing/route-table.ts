import { agentRoutes } from './agent.routes';
import { auditRoutes } from './audit.routes';
import { liveRoutes } from './live.routes';
import { notificationRoutes } from './notification.routes';
import { operationRoutes } from './operation.routes';
import { projectRoutes } from './project.routes';
import type { GatewayRoute } from './route';
import { workItemRoutes } from './work-item.routes';

/** Everything that is reachable from outside. What is not listed here does not exist. */
export const routeTable: readonly GatewayRoute[] = [
  ...projectRoutes,
  ...workItemRoutes,
  ...agentRoutes,
  ...auditRoutes,
  ...operationRoutes,
  ...notificationRoutes,
  ...liveRoutes,
];
