import type { ProjectCreated, RequirementAdded } from '@codex/contracts';
import { fold, NotFound, Refusal } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import type { ProjectCommand } from './project.commands';
import { MAX_REQUIREMENTS, projectDecider } from './project.decider';
import {
  ProjectAlreadyExists,
  ProjectIsArchived,
  RequirementAlreadyExists,
  TooManyRequirements,
} from './project.errors';
import type { ProjectEvent } from './project.events';

const { given } = specify(projectDecider);

const projectId = 'p1';
const details = { projectId, name: 'Apollo', description: null, repositoryUrl: 'https://example.org/apollo.git' };
const created: ProjectCreated = { type: 'ProjectCreated', data: { ...details, createdBy: 'tester' } };
const archived: ProjectEvent = { type: 'ProjectArchived', data: { projectId, reason: 'done' } };
const requirement = { projectId, requirementId: 'r1', title: 'Fast', body: null, priority: 5 };
const added: RequirementAdded = { type: 'RequirementAdded', data: { ...requirement, status: 'open' } };
const paused: ProjectEvent = { type: 'ProjectPaused', data: { projectId, reason: null } };

const create = aCommand('CreateProject', details);
const archive = aCommand('ArchiveProject', { projectId, reason: 'done' });
const pause = aCommand('PauseProject', { projectId, reason: null });
const resume = aCommand('ResumeProject', { projectId, reason: null });
const setVision = aCommand('SetVision', { projectId, statement: 'To the moon' });
const visionSet: ProjectEvent = { type: 'VisionSet', data: { projectId, statement: 'To the moon' } };
const addRequirement = aCommand('AddRequirement', requirement);
const removeRequirement = aCommand('RemoveRequirement', { projectId, requirementId: 'r1' });
const change = (data: object) => aCommand('ChangeProjectDetails', { projectId, ...data });
const changeRequirement = (data: object) => aCommand('ChangeRequirement', { projectId, requirementId: 'r1', ...data });

describe('a project', () => {
  it('is created', () => given([]).when(create).then([created]));
  it('is created once', () => given([created]).when(create).thenRefused(ProjectAlreadyExists, { projectId }));
  it('stays created when archived', () => given([created, archived]).when(create).thenRefused(ProjectAlreadyExists));

  it('takes a new name and keeps the rest', () =>
    given([created])
      .when(change({ name: 'Gemini' }))
      .then([{ type: 'ProjectDetailsChanged', data: { ...details, name: 'Gemini' } }]));
  it('loses its repository by null', () =>
    given([created])
      .when(change({ repositoryUrl: null }))
      .then([{ type: 'ProjectDetailsChanged', data: { ...details, repositoryUrl: null } }]));
  it('does not change to what it is', () =>
    given([created])
      .when(change({ name: 'Apollo' }))
      .thenNothing());
  it('does not change by an empty change', () => given([created]).when(change({})).thenNothing());

  it('is archived', () => given([created]).when(archive).then([archived]));
  it('is archived once', () => given([created, archived]).when(archive).thenNothing());
  it('can not be archived before it exists', () => given([]).when(archive).thenRefused(NotFound));

  it('gets a vision', () => given([created]).when(setVision).then([visionSet]));
  it('does not get the same vision again', () => given([created, visionSet]).when(setVision).thenNothing());

  it('is paused', () => given([created]).when(pause).then([paused]));
  it('is paused once', () => given([created, paused]).when(pause).thenNothing());
  it('goes on', () =>
    given([created, paused])
      .when(resume)
      .then([{ type: 'ProjectResumed', data: { projectId, reason: null } }]));
  it('goes on when it does', () => given([created]).when(resume).thenNothing());
});

describe('a requirement', () => {
  it('is added, open', () => given([created]).when(addRequirement).then([added]));
  it('is added once', () =>
    given([created, added]).when(addRequirement).thenRefused(RequirementAlreadyExists, { requirementId: 'r1' }));
  it('is one of a bounded number', () =>
    given([created, ...full()])
      .when(addRequirement)
      .thenRefused(TooManyRequirements, { maximum: MAX_REQUIREMENTS }));
  it('makes room when it is removed', () =>
    given([created, ...full(), { type: 'RequirementRemoved', data: { projectId, requirementId: 'x0' } }])
      .when(addRequirement)
      .then([added]));

  it('changes and keeps the rest', () =>
    given([created, added])
      .when(changeRequirement({ priority: 9, status: 'met' }))
      .then([{ type: 'RequirementChanged', data: { ...requirement, priority: 9, status: 'met' } }]));
  it('does not change to what it is', () =>
    given([created, added])
      .when(changeRequirement({ title: 'Fast', priority: 5 }))
      .thenNothing());
  it('changes only if it exists', () =>
    given([created])
      .when(changeRequirement({ priority: 1 }))
      .thenRefused(NotFound));

  it('is removed', () =>
    given([created, added])
      .when(removeRequirement)
      .then([{ type: 'RequirementRemoved', data: { projectId, requirementId: 'r1' } }]));
  it('is removed only if it exists', () => given([created]).when(removeRequirement).thenRefused(NotFound));
});

const others = [
  change({}),
  setVision,
  addRequirement,
  changeRequirement({}),
  removeRequirement,
  pause,
  resume,
] as const;

describe.each(others.map((command) => [command.type, command] as const))('%s', (_, command) => {
  it('needs a project', () => given([]).when(command).thenRefused(NotFound));
  it('is refused by an archived project', () =>
    given([created, added, paused, archived]).when(command).thenRefused(ProjectIsArchived, { projectId }));
});

describe('any sequence of commands', () => {
  const command: fc.Arbitrary<ProjectCommand> = fc.oneof(
    fc.constantFrom<ProjectCommand>(create, archive, pause, resume, setVision),
    fc.record({ name: fc.constantFrom('a', 'b') }).map(change),
    fc.constantFrom('r1', 'r2').map((id) => aCommand('AddRequirement', { ...requirement, requirementId: id })),
    fc.constantFrom('r1', 'r2').map((id) => aCommand('RemoveRequirement', { projectId, requirementId: id })),
    fc.nat(2).map((priority) => changeRequirement({ priority })),
  );

  it('ends with its archiving, and asking twice never does more than asking once', () =>
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        let state = projectDecider.initialState();
        for (const next of commands) {
          const wasArchived = state.status === 'archived';
          const events = accepted(next, state);
          if (wasArchived && events.length > 0) return false;
          state = fold(projectDecider, state, events);
          if (accepted(next, state).length > 0) return false;
        }
        return true;
      }),
    ));
});

function accepted(command: ProjectCommand, state: ReturnType<typeof projectDecider.initialState>) {
  try {
    return projectDecider.decide(command, state);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

function full(): readonly ProjectEvent[] {
  return Array.from({ length: MAX_REQUIREMENTS }, (_, index) => ({
    type: 'RequirementAdded',
    data: { ...requirement, requirementId: `x${index}`, status: 'open' },
  }));
}
