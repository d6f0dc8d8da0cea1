import { basename } from 'node:path';
import * as ts from 'typescript';
import { isGenerated, isLib, isSpec } from '../places';
import type { Rule, Violation } from '../rule';
import { fileRule } from '../rule';
import { lineOf, walk } from '../source-tree';
import { businessWordIn, FORBIDDEN_NAMES, ROLE_SUFFIXES, wordsOf } from '../vocabulary';

const TEST_KINDS = ['unit', 'int', 'component', 'e2e', 'fault'];
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*$/;

const fileNames = fileRule('file-names', function* ({ path }): Iterable<Violation> {
  const [name = '', ...suffixes] = basename(path)
    .replace(/\.[cm]?[jt]s$/, '')
    .split('.');
  const folders = path.split('/').slice(0, -1);
  const misnamed = [...folders, name].find((part) => !KEBAB.test(part));
  if (misnamed !== undefined) yield { path, line: 1, message: `${misnamed} is not kebab-case` };
  const known = ['gen', 'd', 'spec', 'test', ...TEST_KINDS, ...ROLE_SUFFIXES];
  const unknown = suffixes.find((suffix) => !known.includes(suffix));
  if (unknown !== undefined)
    yield { path, line: 1, message: `.${unknown} is no role of a file (tools/architecture/vocabulary.ts)` };
});

const forbiddenNames = fileRule('forbidden-names', function* ({ path }): Iterable<Violation> {
  const words = path.split('/').flatMap((part) => wordsOf(part.replace(/\.[cm]?[jt]s$/, '')).split(' '));
  const word = words.find((candidate) => FORBIDDEN_NAMES.includes(candidate));
  if (word !== undefined) yield { path, line: 1, message: `"${word}" is a drawer: name what is inside` };
});

/** Suffixes that say nothing, and a prefix that says it is an interface. Product names keep their Manager. */
const EMPTY_NAME = /^I[A-Z][a-z]|(Impl|Helper|Helpers|Utils?|Info|Data)$|(?<!Agent|Process)Manager$/;

const declaredNames = fileRule('declared-names', function* ({ path, ast }): Iterable<Violation> {
  if (isGenerated(path)) return;
  for (const node of ast.statements) {
    const isType = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
    if (isType && node.name !== undefined && EMPTY_NAME.test(node.name.text))
      yield { path, line: lineOf(ast, node), message: `${node.name.text}: say what it is, without prefix or filler` };
  }
});

const noBusinessWords = fileRule('no-business-words', function* ({ path, ast }): Iterable<Violation> {
  if (!isLib(path) || isGenerated(path) || isSpec(path)) return;
  const inPath = businessWordIn(path);
  if (inPath !== null) yield { path, line: 1, message: `"${inPath}" is a word of the business, libs have none` };
  const seen = new Set<string>();
  const found: Violation[] = [];
  walk(ast, (node) => {
    if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return;
    const word = businessWordIn(node.text);
    const line = lineOf(ast, node);
    if (word === null || seen.has(`${line} ${word}`)) return;
    seen.add(`${line} ${word}`);
    found.push({ path, line, message: `"${word}" is a word of the business, libs have none` });
  });
  yield* found;
});

const testSuffixes = fileRule('test-suffixes', function* ({ path }): Iterable<Violation> {
  if (!isSpec(path)) return;
  const kind = /\.([a-z0-9]+)\.spec\.ts$/.exec(path)?.[1] ?? '';
  if (!TEST_KINDS.includes(kind))
    yield { path, line: 1, message: `no test runner picks this up: .${TEST_KINDS.join('|')}.spec.ts` };
  else if (['e2e', 'fault'].includes(kind) && !path.startsWith('test/'))
    yield { path, line: 1, message: `.${kind}.spec.ts files live under test/` };
});

/** What things may be called. */
export const nameRules: readonly Rule[] = [fileNames, forbiddenNames, declaredNames, noBusinessWords, testSuffixes];
