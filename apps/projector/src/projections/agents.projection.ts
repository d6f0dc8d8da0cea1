import type { AgentEvent } from '@codex/contracts';
import { idOf } from '@codex/event-sourcing';
import { foldProjection, type ProjectedEvent } from '@codex/projections';
import { firstStamp, nextStamp, stampColumns, type Stamp } from './row-stamp';

export type AgentRow = Stamp & {
  id: string;
  name: string;
  status: 'online' | 'draining' | 'lost' | 'gone';
  capabilities: readonly string[];
  labels: Readonly<Record<string, string>>;
  slots: number;
  softwareVersion: string | null;
};

/** Who is this agent and may it get runs? One row an Agent stream; its busy slots are counted from the runs. */
export const agentsProjection = foldProjection<AgentRow>({
  name: 'agents',
  schema: 'agent',
  version: 1,
  topics: ['agent.events.v1'],
  category: 'Agent',
  key: ['id'],
  columns: {
    id: 'uuid',
    name: 'text',
    status: 'text',
    capabilities: 'jsonb',
    labels: 'jsonb',
    slots: 'integer',
    softwareVersion: 'text',
    ...stampColumns,
  },
  indexes: ['(tenant_id, created_at desc, id desc)'],
  keyOf: idOf,
  evolve(row, event) {
    const next = evolveAgent(row, event);
    return next === null ? null : { ...next, ...nextStamp(event) };
  },
});

function evolveAgent(row: AgentRow | null, event: ProjectedEvent): AgentRow | null {
  const { type, data } = event as unknown as AgentEvent;
  if (type === 'AgentRegistered') {
    const { agentId, name, capabilities, labels, slots, version } = data;
    const status = row?.status === 'draining' ? 'draining' : 'online';
    const stamp = row ?? firstStamp(event);
    const { tenantId, createdAt, updatedAt } = stamp;
    const known = { tenantId, createdAt, updatedAt, version: stamp.version };
    return { id: agentId, name, status, capabilities, labels, slots, softwareVersion: version, ...known };
  }
  if (row === null) return null;
  switch (type) {
    case 'AgentDraining':
      return { ...row, status: 'draining' };
    case 'AgentResumed':
      return { ...row, status: 'online' };
    case 'AgentLost':
      return { ...row, status: 'lost' };
    case 'AgentDeregistered':
      return { ...row, status: 'gone' };
    default:
      return row;
  }
}
