import { projected, projecting } from '@codex/projections/testing';
import { projectQuotasProjection } from './project-quotas.projection';

const projectId = '0190b6f0-0000-7000-8000-000000000002';
const event = (type: string, version: number, data: object = {}) =>
  projected(type, `ProjectQuota-${projectId}`, version, { projectId, ...data });
const grant = { workItemId: 'w', grantId: 'g' };
const row = (version: number, values: object) => ({
  ...{ projectId, limited: false, maxOpenWorkItems: null, maxConcurrentRuns: null, maxRunMinutesPerDay: null },
  ...{ openWorkItems: 0, tenantId: '00000000-0000-7000-8000-00000000000a', createdAt: '2026-01-01T00:00:01.000Z' },
  ...{ updatedAt: `2026-01-01T00:00:0${version}.000Z`, version, ...values },
});

describe('the read model of quotas', () => {
  const { when } = projecting(projectQuotasProjection);

  it('counts open grants before anybody set limits', () => {
    when(event('QuotaAssigned', 1, grant)).then(row(1, { openWorkItems: 1 }));
    when(event('QuotaAssigned', 1, grant), event('QuotaAssigned', 2, grant), event('QuotaReleased', 3, grant)).then(
      row(3, { openWorkItems: 1 }),
    );
  });

  it('keeps limits and lifts them', () => {
    const limits = { maxOpenWorkItems: 2, maxConcurrentRuns: 1, maxRunMinutesPerDay: 60 };
    const lifted = { maxOpenWorkItems: null, maxConcurrentRuns: null, maxRunMinutesPerDay: null };
    when(event('ProjectQuotaSet', 1, limits)).then(row(1, { ...limits, limited: true }));
    when(event('ProjectQuotaSet', 1, limits), event('ProjectQuotaSet', 2, lifted)).then(row(2, { limited: true }));
    when(event('QuotaAssigned', 1, grant), event('ProjectQuotaSet', 2, limits)).then(
      row(2, { ...limits, limited: true, openWorkItems: 1 }),
    );
  });
});
