import type { Role } from '@codex/platform';
import { commands, parse, queries, readers, type GatewayRoute } from './route';

const agents: readonly Role[] = ['agent'];
const agentsAndOperators: readonly Role[] = ['agent', 'operator'];
/** 8 MiB of artifacts in base64, and the rest of the body. */
const COMPLETION_LIMIT_BYTES = 12 * 1024 * 1024;

export const agentRoutes: GatewayRoute[] = [
  ...queries('query-api', [...readers, 'agent'], 'GET /agents', 'GET /agents/:id', 'GET /runs', 'GET /runs/:id'),
  ...commands('agent-manager', agents, 'POST /agents', 'POST /agents/:id/heartbeat', 'POST /runs/:runId/fail'),
  ...commands(
    'agent-manager',
    agentsAndOperators,
    'POST /agents/:id/drain',
    'POST /agents/:id/resume',
    'DELETE /agents/:id',
  ),
  { ...parse('POST /agents/:id/claims'), service: 'agent-manager', roles: agents, kind: 'long-poll' },
  {
    ...parse('POST /runs/:runId/complete'),
    service: 'agent-manager',
    roles: agents,
    kind: 'command',
    bodyLimitBytes: COMPLETION_LIMIT_BYTES,
  },
];
