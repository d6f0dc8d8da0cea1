import { projected, projecting } from '@codex/projections/testing';
import { projectsProjection } from './projects.projection';

const projectId = '0190b6f0-0000-7000-8000-000000000002';
const event = (type: string, version: number, data: object = {}) =>
  projected(type, `Project-${projectId}`, version, { projectId, ...data });
const at = (version: number) => ({ updatedAt: `2026-01-01T00:00:0${version}.000Z`, version });

const created = event('ProjectCreated', 1, { name: 'One', description: null, repositoryUrl: null, createdBy: 'key' });
const row = {
  ...{ id: projectId, name: 'One', description: null, repositoryUrl: null, status: 'active', paused: false },
  ...{ vision: null, requirements: [], createdBy: 'key', tenantId: '00000000-0000-7000-8000-00000000000a' },
  ...{ createdAt: '2026-01-01T00:00:01.000Z', ...at(1) },
};
const requirement = { title: 'Fast', body: null, priority: 3, status: 'open' };

describe('the read model of projects', () => {
  const { when } = projecting(projectsProjection);

  it('begins active and empty', () => {
    when(created).then(row);
  });

  it.each([
    ['ProjectDetailsChanged', { name: 'Two', description: 'd', repositoryUrl: 'https://x/y' }],
    ['VisionSet', { statement: 'far' }],
    ['ProjectArchived', { reason: null }],
    ['ProjectPaused', { reason: null }],
  ])('follows %s', (type, data) => {
    const shown: Record<string, object> = {
      ProjectDetailsChanged: data,
      VisionSet: { vision: 'far' },
      ProjectArchived: { status: 'archived' },
      ProjectPaused: { paused: true },
    };
    when(created, event(type, 2, data)).then({ ...row, ...at(2), ...shown[type] });
  });

  it('goes on after a pause', () => {
    when(created, event('ProjectPaused', 2), event('ProjectResumed', 3)).then({ ...row, ...at(3) });
  });

  it('lists requirements in the order in which they were added', () => {
    const added = [
      event('RequirementAdded', 2, { requirementId: 'a', ...requirement }),
      event('RequirementAdded', 3, { requirementId: 'b', ...requirement }),
    ];
    const both = [
      { id: 'a', ...requirement },
      { id: 'b', ...requirement },
    ];
    when(created, ...added).then({ ...row, ...at(3), requirements: both });
    const change = { ...requirement, title: 'Faster', status: 'met' };
    const changed = event('RequirementChanged', 4, { requirementId: 'a', ...change });
    when(created, ...added, changed).then({
      ...{ ...row, ...at(4), requirements: [{ id: 'a', ...change }, both[1]] },
    });
    when(created, ...added, event('RequirementRemoved', 4, { requirementId: 'a' })).then({
      ...{ ...row, ...at(4), requirements: [both[1]] },
    });
  });
});
