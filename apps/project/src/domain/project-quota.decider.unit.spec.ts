import { fold, Refusal } from '@codex/event-sourcing';
import { aCommand, specify } from '@codex/event-sourcing/testing';
import fc from 'fast-check';
import type { ProjectQuotaCommand } from './project-quota.commands';
import { projectQuotaDecider } from './project-quota.decider';
import { QuotaExceeded } from './project-quota.errors';
import { DEFAULT_LIMITS } from './project-quota.state';
import type { ProjectQuotaEvent } from './project.events';

const { given } = specify(projectQuotaDecider);

const projectId = 'p1';
const limits = (maxOpenWorkItems: number | null) => ({ projectId, ...DEFAULT_LIMITS, maxOpenWorkItems });
const setTo = (maximum: number | null) => aCommand('SetProjectQuota', limits(maximum));
const wasSetTo = (maximum: number | null): ProjectQuotaEvent => ({ type: 'ProjectQuotaSet', data: limits(maximum) });
const grant = (id: string) => ({ projectId, workItemId: `item-of-${id}`, grantId: id });
const assign = (id: string) => aCommand('AssignQuota', { ...grant(id), processId: id });
const release = (id: string) => aCommand('ReleaseQuota', { ...grant(id), processId: null });
const assigned = (id: string): ProjectQuotaEvent => ({ type: 'QuotaAssigned', data: grant(id) });
const released = (id: string): ProjectQuotaEvent => ({ type: 'QuotaReleased', data: grant(id) });

describe('limits', () => {
  it('are set', () =>
    given([])
      .when(setTo(7))
      .then([wasSetTo(7)]));
  it('are lifted by null', () =>
    given([wasSetTo(7)])
      .when(setTo(null))
      .then([wasSetTo(null)]));
  it('are not set to what they are', () =>
    given([wasSetTo(7)])
      .when(setTo(7))
      .thenNothing());
  it('are the default ones at first', () => given([]).when(setTo(1_000)).thenNothing());
  it('may fall below what is open', () =>
    given([assigned('a'), assigned('b')])
      .when(setTo(1))
      .then([wasSetTo(1)]));
});

describe('a grant', () => {
  it('is assigned', () =>
    given([])
      .when(assign('a'))
      .then([assigned('a')]));
  it('is assigned up to the limit', () =>
    given([wasSetTo(2), assigned('a')])
      .when(assign('b'))
      .then([assigned('b')]));
  it('is refused at the limit', () =>
    given([wasSetTo(1), assigned('a')])
      .when(assign('b'))
      .thenRefused(QuotaExceeded, { projectId, maxOpenWorkItems: 1 }));
  it('is refused above the limit', () =>
    given([assigned('a'), assigned('b'), wasSetTo(1)])
      .when(assign('c'))
      .thenRefused(QuotaExceeded));
  it('is refused when nothing is allowed', () =>
    given([wasSetTo(0)])
      .when(assign('a'))
      .thenRefused(QuotaExceeded));
  it('is always assigned without a limit', () =>
    given([wasSetTo(null), assigned('a')])
      .when(assign('b'))
      .then([assigned('b')]));
  it('is assigned once, also at the limit', () =>
    given([wasSetTo(1), assigned('a')])
      .when(assign('a'))
      .thenNothing());
  it('takes the place of a released one', () =>
    given([wasSetTo(1), assigned('a'), released('a')])
      .when(assign('b'))
      .then([assigned('b')]));

  it('is released', () =>
    given([assigned('a')])
      .when(release('a'))
      .then([released('a')]));
  it('is released once', () =>
    given([assigned('a'), released('a')])
      .when(release('a'))
      .thenNothing());
  it('needs no release when it is unknown', () =>
    given([assigned('b')])
      .when(release('a'))
      .thenNothing());
});

describe('any sequence of commands', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const command: fc.Arbitrary<ProjectQuotaCommand> = fc.oneof(id.map(assign), id.map(release), fc.nat(4).map(setTo));

  it('never assigns above the limit, and releases are never refused', () =>
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let state = projectQuotaDecider.initialState();
        for (const next of commands) {
          const events = accepted(next, state);
          state = fold(projectQuotaDecider, state, events);
          const isFull = state.grants.size > (state.limits.maxOpenWorkItems ?? Infinity);
          if (events[0]?.type === 'QuotaAssigned' && isFull) return false;
          if (next.type === 'ReleaseQuota' && state.grants.has(next.data.grantId)) return false;
        }
        return true;
      }),
    ));
});

function accepted(command: ProjectQuotaCommand, state: ReturnType<typeof projectQuotaDecider.initialState>) {
  try {
    return projectQuotaDecider.decide(command, state);
  } catch (error) {
    if (error instanceof Refusal && command.type === 'AssignQuota') return [];
    throw error;
  }
}
