import { isApp, isApplication, isDomain, isLib, isTestCode, unitOf } from '../places';
import type { Rule, Violation } from '../rule';
import { fileRule } from '../rule';
import type { Import, SourceFile, SourceTree } from '../source-tree';

/** A rule about single imports: `judge` says what is wrong with one, or null. */
function importRule(
  name: string,
  applies: (path: string) => boolean,
  judge: (imported: Import, file: SourceFile, tree: SourceTree) => string | null,
): Rule {
  return fileRule(name, function* (file, tree): Iterable<Violation> {
    if (!applies(file.path)) return;
    for (const imported of file.imports) {
      const message = judge(imported, file, tree);
      if (message !== null) yield { path: file.path, line: imported.line, message };
    }
  });
}

const appsApart = importRule('apps-apart', isApp, ({ target }, { path }) =>
  target !== null && isApp(target) && unitOf(target) !== unitOf(path)
    ? `apps meet over HTTP and Kafka only, not by importing ${target}`
    : null,
);

const libsWithoutApps = importRule('libs-without-apps', isLib, ({ target }) =>
  target !== null && isApp(target) ? `a lib serves apps and knows none, so not ${target}` : null,
);

const noDeepImports = importRule(
  'no-deep-imports',
  () => true,
  ({ specifier, target }, { path }, { aliases }) => {
    if (specifier.startsWith('@codex/')) return aliases.has(specifier) ? null : `${specifier} is no entry of a lib`;
    const leaves = target !== null && isLib(target) && unitOf(target) !== unitOf(path);
    return leaves ? `a lib is imported by its entry @codex/..., not by ${specifier}` : null;
  },
);

const TEST_PACKAGES = /^(jest|@jest\/|fast-check$|@nestjs\/testing$|testcontainers$|@testcontainers\/)/;

const noTestCodeInProduction = importRule(
  'no-test-code-in-production',
  (path) => !isTestCode(path),
  ({ specifier, target }) =>
    TEST_PACKAGES.test(specifier) || (target !== null && isTestCode(target))
      ? `${specifier} is for tests and benchmarks`
      : null,
);

const productionDependencies = importRule(
  'production-dependencies',
  (path) => (isApp(path) || isLib(path)) && !isTestCode(path),
  ({ specifier, isTypeOnly }, _, { devDependencies }) => {
    const name = /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[0] ?? '';
    return !isTypeOnly && devDependencies.has(name) ? `${name} is not installed in production` : null;
  },
);

/** The context whose messages a domain may name, where it is not called like its app. */
const CONTEXT_OF_APP: Readonly<Record<string, string>> = { 'apps/agent-manager': 'agent' };

/** A digest depends on its input alone. */
const PURE_CRYPTO = new Set(['createHash', 'hash']);

const pureDomainImports = importRule('domain-imports', isDomain, (imported, file, tree) => {
  const { specifier, target, names } = imported;
  if (specifier === 'node:crypto' && names.length > 0 && names.every((name) => PURE_CRYPTO.has(name))) return null;
  if (specifier === '@codex/event-sourcing') return null;
  if (specifier === '@codex/contracts') return foreignType(imported, file.path, tree);
  const isOwn = target !== null && isDomain(target) && unitOf(target) === unitOf(file.path);
  return isOwn
    ? null
    : `a domain sees its own folder, @codex/event-sourcing and the types of its context, not ${specifier}`;
});

function foreignType({ isTypeOnly, names }: Import, path: string, { files }: SourceTree): string | null {
  if (!isTypeOnly) return 'a domain takes types from @codex/contracts, nothing that runs';
  const unit = unitOf(path)!;
  const own = CONTEXT_OF_APP[unit] ?? unit.slice('apps/'.length);
  for (const { path: source, ast } of files) {
    const context = /^libs\/contracts\/src\/([a-z-]+)\.gen\.ts$/.exec(source)?.[1];
    if (context === undefined || context === own || SHARED_TYPES.has(context)) continue;
    const foreign = names.find((name) => new RegExp(`export type ${name}\\b`).test(ast.text));
    if (foreign !== undefined) return `${foreign} belongs to the context ${context}`;
  }
  return null;
}

const SHARED_TYPES = new Set(['contexts', 'nested-types', 'schemas', 'topics']);

const plainApplication = importRule(
  'plain-application',
  (path) => (isApplication(path) && !path.endsWith('.handler.ts')) || isDomain(path),
  ({ specifier }) =>
    specifier.startsWith('@nestjs/') ? 'Nest stays in the outer skin and in *.handler.ts shells' : null,
);

/** Who may import whom. */
export const dependencyRules: readonly Rule[] = [
  appsApart,
  libsWithoutApps,
  noDeepImports,
  noTestCodeInProduction,
  productionDependencies,
  pureDomainImports,
  plainApplication,
];
