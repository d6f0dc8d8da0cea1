import { Refusal } from '@codex/event-sourcing';
import * as quota from './project-quota.errors';
import * as project from './project.errors';

const classes = Object.values({ ...project, ...quota }) as (new (...values: never[]) => Refusal)[];
const errors = classes.map((Rule) => new Rule());

describe('the errors of the domain', () => {
  it('are refusals', () => expect(errors.every((error) => error instanceof Refusal)).toBe(true));
  it('have stable codes, one each', () =>
    expect(errors.map(({ code }) => code).toSorted()).toEqual([
      'PROJECT_ALREADY_EXISTS',
      'PROJECT_ARCHIVED',
      'QUOTA_EXCEEDED',
      'REQUIREMENT_ALREADY_EXISTS',
      'TOO_MANY_REQUIREMENTS',
    ]));
});
