import * as ts from 'typescript';
import { isDomain, isSpec, isTestCode } from '../places';
import type { Rule, Violation } from '../rule';
import { fileRule } from '../rule';
import type { SourceFile } from '../source-tree';
import { lineOf, walk } from '../source-tree';

/** Calls of these answer differently each time, or reach outside. */
const IMPURE_CALLS = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'require',
  'Date',
]);

/** Any member of these, except for the pure ones of Date and Math. */
const IMPURE_OBJECTS = new Set(['console', 'performance', 'crypto', 'globalThis']);
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random']);

/** `process` is a word of the business too; only members of Node's object are meant. */
const NODE_PROCESS = /^process\.(env|hrtime|nextTick|cwd|exit|argv|platform|pid|memoryUsage|uptime|on|emit)$/;

const pureDomain = nodeRule('domain-purity', isDomain, (node) => {
  if (node.kind === ts.SyntaxKind.AsyncKeyword || ts.isAwaitExpression(node)) return 'a domain answers at once';
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && !node.arguments?.length)
    return 'time reaches a domain in the metadata of the command';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && IMPURE_CALLS.has(node.expression.text))
    return `${node.expression.text}() is not pure`;
  const member = memberOf(node);
  if (member === null) return null;
  const isImpure = IMPURE_MEMBERS.has(member) || IMPURE_OBJECTS.has(member.split('.')[0]!) || NODE_PROCESS.test(member);
  return isImpure ? `${member} is not pure` : null;
});

const ENVIRONMENT_READERS = /^(libs\/(platform|testing)|infra|scripts|tools|bench|test)\//;

const environment = nodeRule(
  'environment',
  (path) => !ENVIRONMENT_READERS.test(path) && !isTestCode(path),
  (node) => {
    const isBare = ts.isImportDeclaration(node) && /['"](node:)?process['"]/.test(node.moduleSpecifier.getText());
    return isBare || memberOf(node) === 'process.env' ? 'only libs/platform reads the environment' : null;
  },
);

const noSleeps = nodeRule('no-sleeps', isSpec, (node) => {
  if (ts.isImportDeclaration(node) && /timers\/promises/.test(node.moduleSpecifier.getText()))
    return 'wait for a condition with a deadline, not for time';
  if (!ts.isCallExpression(node)) return null;
  const isSleep =
    isNamed(node.expression, 'sleep') || (isNamed(node.expression, 'setTimeout') && isExecutor(node.parent));
  return isSleep ? 'wait for a condition with a deadline, not for time' : null;
});

/** Rules about what code may do, by its place. */
export const purityRules: readonly Rule[] = [pureDomain, environment, noSleeps];

/** A rule about single nodes of the syntax tree: `judge` says what is wrong with one, or null. */
export function nodeRule(
  name: string,
  applies: (path: string) => boolean,
  judge: (node: ts.Node) => string | null,
): Rule {
  return fileRule(name, (file) => (applies(file.path) ? faults(file, judge) : []));
}

function faults({ path, ast }: SourceFile, judge: (node: ts.Node) => string | null): Violation[] {
  const found: Violation[] = [];
  walk(ast, (node) => {
    const message = judge(node);
    if (message !== null) found.push({ path, line: lineOf(ast, node), message });
  });
  return found;
}

function memberOf(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression))
    return `${node.expression.text}.${node.name.text}`;
  const isIndexed = ts.isElementAccessExpression(node) && ts.isIdentifier(node.expression);
  if (!isIndexed || !ts.isStringLiteral(node.argumentExpression)) return null;
  return `${(node.expression as ts.Identifier).text}.${node.argumentExpression.text}`;
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}

/** Whether a node is the whole body of `new Promise((resolve) => ...)`, or a statement in it. */
function isExecutor(node: ts.Node): boolean {
  const holder = ts.isExpressionStatement(node) ? node.parent.parent : node;
  return ts.isFunctionLike(holder) && ts.isNewExpression(holder.parent) && isNamed(holder.parent.expression, 'Promise');
}
