import * as ts from 'typescript';
import { isGenerated, isSpec } from '../places';
import type { Rule, Violation } from '../rule';
import { fileRule } from '../rule';
import { nodeRule } from './purity';

const MAX_LINES = 400;
const MAX_SPEC_LINES = 500;
const MAX_MAIN_LINES = 30;

const sizes = fileRule('sizes', function* ({ path, lines }): Iterable<Violation> {
  if (isGenerated(path)) return;
  const isMain = /^apps\/[^/]+\/src\/main\.ts$/.test(path);
  const limit = isMain ? MAX_MAIN_LINES : isSpec(path) ? MAX_SPEC_LINES : MAX_LINES;
  if (lines.length > limit) yield { path, line: 1, message: `${lines.length} lines, at most ${limit}` };
});

const entries = fileRule('entries', function* ({ path }): Iterable<Violation> {
  if (/(^|\/)index\.ts$/.test(path) && !/^libs\/[^/]+\/src\/(testing\/)?index\.ts$/.test(path))
    yield { path, line: 1, message: 'index.ts is the entry of a lib and nothing else' };
});

const readmes: Rule = {
  name: 'readmes',
  *check({ files, paths }) {
    const units = new Map(
      files.flatMap(({ path }) => [...path.matchAll(/^(apps|libs)\/[^/]+(?=\/)/g)].map((unit) => [unit[0], path])),
    );
    for (const [unit, path] of units)
      if (!paths.has(`${unit}/README.md`)) yield { path, line: 1, message: `${unit} has no README.md` };
  },
};

const TEST_FUNCTIONS = new Set(['it', 'test', 'describe']);
const NOT_RUN = new Set(['skip', 'only', 'todo', 'failing']);
const SHORTHAND = new Set(['xit', 'xtest', 'xdescribe', 'fit', 'fdescribe']);

const noSkippedTests = nodeRule('no-skipped-tests', isSpec, (node) => {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && SHORTHAND.has(node.expression.text))
    return `${node.expression.text}: every test runs, or is gone`;
  if (!ts.isPropertyAccessExpression(node) || !NOT_RUN.has(node.name.text)) return null;
  const of = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : node.expression;
  return ts.isIdentifier(of) && TEST_FUNCTIONS.has(of.text) ? `${node.getText()}: every test runs, or is gone` : null;
});

const openEnds = fileRule('open-ends', function* ({ path, lines }): Iterable<Violation> {
  for (const [i, line] of lines.entries())
    if (/(^|\s)(\/\/|\/?\*).*\b(TODO|FIXME|XXX)\b/.test(line) && !/#\d+/.test(line))
      yield { path, line: i + 1, message: 'an open end names its issue, with its number' };
});

/** How large files are, where entries are, that tests run. */
export const shapeRules: readonly Rule[] = [sizes, entries, readmes, noSkippedTests, openEnds];
