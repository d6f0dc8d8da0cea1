import type { Role } from '@codex/platform';
import { commands, queries } from './route';

const operators: readonly Role[] = ['operator'];

/** Who asks what a stream was. */
const inspectors: readonly Role[] = ['operator', 'auditor'];

/** Status, dead letters and consumers are the gateway's own: see `operations/`. */
export const operationRoutes = [
  ...queries('project', inspectors, 'GET /operations/streams/Project-:id', 'GET /operations/streams/ProjectQuota-:id'),
  ...queries('work-item', inspectors, 'GET /operations/streams/WorkItem-:id', 'GET /operations/streams/Process-:id'),
  ...queries('scheduler', inspectors, 'GET /operations/streams/Task-:id'),
  ...queries('agent-manager', inspectors, 'GET /operations/streams/Agent-:id', 'GET /operations/streams/Run-:id'),
  ...queries(
    'notification',
    inspectors,
    'GET /operations/streams/Subscription-:id',
    'GET /operations/streams/Notification-:id',
    'GET /operations/streams/Delivery-:id',
  ),
  ...queries('projector', operators, 'GET /operations/projections', 'GET /operations/projections/:name'),
  ...commands(
    'projector',
    operators,
    'POST /operations/projections/:name/rebuild',
    'POST /operations/projections/:name/return',
    'POST /operations/projections/:name/pause',
    'POST /operations/projections/:name/resume',
    'DELETE /operations/projections/:name/generations/:generation',
  ),
];
