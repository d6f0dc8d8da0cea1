import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import * as ts from 'typescript';

/** An import, export-from, dynamic import or require with a constant specifier. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly isTypeOnly: boolean;
  /** Imported names; empty for side effects, namespaces and dynamic imports. */
  readonly names: readonly string[];
  /** The file of the tree it leads to, or null for packages and Node itself. */
  readonly target: string | null;
}

/** A source file, parsed. Paths are relative to the project, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
  readonly ast: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** The project as the rules see it. */
export interface SourceTree {
  readonly files: readonly SourceFile[];
  /** Every path, sources or not. */
  readonly paths: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
  /** `@codex/...` to the file it stands for. */
  readonly aliases: ReadonlyMap<string, string>;
}

const ROOTS = ['apps', 'libs', 'infra', 'tools', 'test', 'scripts', 'bench'];
const IGNORED = new Set(['node_modules', 'dist', '.local', 'test/architecture/fixtures']);
const SOURCE = /\.(ts|cjs|mjs|js)$/;

/** Reads the project at `root` from disk. */
export function readTree(root: string): SourceTree {
  const texts = new Map<string, string>();
  for (const folder of ROOTS) collect(root, folder, texts);
  for (const file of ['tsconfig.json', 'package.json']) texts.set(file, readFileSync(join(root, file), 'utf8'));
  return treeOf(texts);
}

/** A tree from texts by path; `tsconfig.json` gives the aliases, `package.json` the development dependencies. */
export function treeOf(texts: ReadonlyMap<string, string>): SourceTree {
  const config = json(texts, 'tsconfig.json') as { compilerOptions?: { paths?: Record<string, string[]> } };
  const aliases = new Map(
    Object.entries(config.compilerOptions?.paths ?? {}).map(([alias, [file]]) => [alias, posix.normalize(file!)]),
  );
  const manifest = json(texts, 'package.json') as { devDependencies?: Record<string, string> };
  const paths = new Set(texts.keys());
  const files = [...texts]
    .filter(([path]) => SOURCE.test(path))
    .map(([path, text]) => parse(path, text, { paths, aliases }));
  return { files, paths, aliases, devDependencies: new Set(Object.keys(manifest.devDependencies ?? {})) };
}

function collect(root: string, folder: string, texts: Map<string, string>): void {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (IGNORED.has(entry.name) || IGNORED.has(path)) continue;
    if (entry.isDirectory()) collect(root, path, texts);
    else texts.set(path, SOURCE.test(path) ? readFileSync(join(root, path), 'utf8') : '');
  }
}

type Places = Pick<SourceTree, 'paths' | 'aliases'>;

function parse(path: string, text: string, places: Places): SourceFile {
  const ast = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  walk(ast, (node) => {
    const specifier = specifierOf(node);
    if (specifier === undefined) return;
    const target = resolve(path, specifier.text, places);
    imports.push({ specifier: specifier.text, line: lineOf(ast, node), target, ...bindings(node) });
  });
  return { path, lines: text.replace(/\n$/, '').split('\n'), ast, imports };
}

/** Visits every node, parents first. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

/** The line of a node, from 1. */
export function lineOf(ast: ts.SourceFile, node: ts.Node): number {
  return ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
}

function specifierOf(node: ts.Node): ts.StringLiteral | undefined {
  let specifier: ts.Node | undefined;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) specifier = node.moduleSpecifier;
  else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) specifier = node.argument.literal;
  else if (ts.isCallExpression(node)) {
    const { expression } = node;
    const isRequire = ts.isIdentifier(expression) && expression.text === 'require';
    if (isRequire || expression.kind === ts.SyntaxKind.ImportKeyword) specifier = node.arguments[0];
  }
  return specifier && ts.isStringLiteral(specifier) ? specifier : undefined;
}

function bindings(node: ts.Node): Pick<Import, 'isTypeOnly' | 'names'> {
  if (ts.isImportTypeNode(node)) return { isTypeOnly: true, names: [] };
  if (ts.isExportDeclaration(node)) return { isTypeOnly: node.isTypeOnly, names: [] };
  if (!ts.isImportDeclaration(node)) return { isTypeOnly: false, names: [] };
  const clause = node.importClause;
  const named = clause?.namedBindings;
  const elements = named && ts.isNamedImports(named) ? [...named.elements] : [];
  const isTypeOnly =
    clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (elements.length > 0 && clause?.name === undefined && elements.every((element) => element.isTypeOnly));
  return { isTypeOnly, names: elements.map((element) => (element.propertyName ?? element.name).text) };
}

function resolve(from: string, specifier: string, { paths, aliases }: Places): string | null {
  const alias = aliases.get(specifier);
  if (alias !== undefined) return alias;
  if (!specifier.startsWith('.')) return null;
  const base = posix.join(posix.dirname(from), specifier);
  const candidates = [base, `${base}.ts`, `${base}/index.ts`, `${base}.cjs`, `${base}.mjs`, `${base}.js`];
  return candidates.find((candidate) => paths.has(candidate)) ?? base;
}

function json(texts: ReadonlyMap<string, string>, path: string): unknown {
  return JSON.parse(texts.get(path) ?? '{}');
}
