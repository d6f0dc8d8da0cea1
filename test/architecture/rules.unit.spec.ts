import { allRules } from '../../tools/architecture/rules/all-rules';
import { fixtureNames, readFixture } from './fixture-tree';

describe.each(allRules.map((rule) => [rule.name, rule] as const))('%s', (name, rule) => {
  const { tree, expected } = readFixture(name);

  it('finds every place that breaks it, and no other', () => {
    const found = [...rule.check(tree)].map(({ path, line }) => `${path}:${line}`);
    expect([...new Set(found)].sort()).toEqual(expected);
  });

  it('has something to find', () => {
    expect(expected).not.toEqual([]);
  });
});

describe('fixtures', () => {
  it('belong to one rule each', () => {
    expect(fixtureNames().sort()).toEqual(allRules.map(({ name }) => name).sort());
  });
});
