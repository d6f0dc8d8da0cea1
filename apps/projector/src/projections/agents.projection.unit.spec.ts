import { projected, projecting } from '@codex/projections/testing';
import { agentsProjection } from './agents.projection';

const agentId = '0190b6f0-0000-7000-8000-000000000005';
const event = (type: string, version: number, data: object = {}) =>
  projected(type, `Agent-${agentId}`, version, { agentId, ...data });
const profile = { name: 'a1', capabilities: ['noop'], labels: { os: 'linux' }, slots: 4 };
const registered = (version: number, changes: object = {}) =>
  event('AgentRegistered', version, { ...profile, version: '1.0.0', ...changes });
const row = (version: number, values: object = {}) => ({
  ...{ id: agentId, ...profile, status: 'online', softwareVersion: '1.0.0' },
  ...{ tenantId: '00000000-0000-7000-8000-00000000000a', createdAt: '2026-01-01T00:00:01.000Z' },
  ...{ updatedAt: `2026-01-01T00:00:0${version}.000Z`, version, ...values },
});

describe('the read model of agents', () => {
  const { when } = projecting(agentsProjection);

  it('begins online', () => {
    when(registered(1)).then(row(1));
  });

  it.each([
    ['AgentDraining', 'draining'],
    ['AgentLost', 'lost'],
    ['AgentDeregistered', 'gone'],
  ])('follows %s', (type, status) => {
    when(registered(1), event(type, 2, { reason: null, lastSeenAt: null })).then(row(2, { status }));
  });

  it('is online again when it resumes, or comes back', () => {
    when(registered(1), event('AgentDraining', 2), event('AgentResumed', 3)).then(row(3));
    when(registered(1), event('AgentLost', 2), registered(3, { slots: 8 })).then(row(3, { slots: 8 }));
    when(registered(1), event('AgentDeregistered', 2), registered(3)).then(row(3));
  });

  it('goes on draining when it registers meanwhile', () => {
    when(registered(1), event('AgentDraining', 2), registered(3, { version: null })).then(
      row(3, { status: 'draining', softwareVersion: null }),
    );
  });
});
