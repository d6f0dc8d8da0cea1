import type { FileIndex, ImportFinder } from './imports/import-finder';
import { folderOf, join } from './imports/import-finder';
import { goImports, javaClassOf, javaImports, rustImports } from './imports/package-imports';
import { pythonImports } from './imports/python-imports';
import { scriptImports, tsconfigPaths, type ScriptAliases } from './imports/script-imports';
import type { Manifest } from './manifests';

/** A source file with its text, as far as it is kept. */
export interface SourceFile {
  readonly path: string;
  readonly language: string;
  readonly text: string;
}

/** Who imports whom. `isTruncated` when there was more than the limits allow. */
export interface ModuleGraph {
  readonly nodes: readonly { readonly path: string; readonly imports: number; readonly importedBy: number }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly externals: readonly { readonly name: string; readonly importedBy: number }[];
  readonly isTruncated: boolean;
}

export interface GraphLimits {
  readonly nodes: number;
  readonly edges: number;
}

/** Resolves the import statements of all sources to files of the repository. */
export function moduleGraph(
  sources: readonly SourceFile[],
  known: {
    readonly paths: readonly string[];
    readonly manifests: readonly Manifest[];
    readonly tsconfig: string | null;
  },
  limits: GraphLimits,
): ModuleGraph {
  const finders = findersFor(sources, known);
  const edges = new Map<string, { from: string; to: string }>();
  const externals = new Map<string, Set<string>>();
  const nodes = new Set<string>();
  for (const { path, language, text } of sources) {
    const finder = finders.find(({ languages }) => languages.has(language));
    if (finder === undefined) continue;
    const from = finder.nodeOf(path);
    nodes.add(from);
    for (const specifier of finder.importsOf(text, path)) {
      const target = finder.resolve(specifier, path);
      if (target?.kind === 'external') externals.set(target.name, (externals.get(target.name) ?? new Set()).add(from));
      if (target?.kind !== 'file' || target.path === from) continue;
      nodes.add(target.path);
      edges.set(`${from}\n${target.path}`, { from, to: target.path });
    }
  }
  return limited(nodes, [...edges.values()], externals, limits);
}

function limited(
  all: ReadonlySet<string>,
  edges: readonly { from: string; to: string }[],
  externals: ReadonlyMap<string, ReadonlySet<string>>,
  limits: GraphLimits,
): ModuleGraph {
  const out = Map.groupBy(edges, ({ from }) => from);
  const into = Map.groupBy(edges, ({ to }) => to);
  // The best connected come first, so that what a limit cuts off is the least telling.
  const nodes = [...all]
    .map((path) => ({ path, imports: out.get(path)?.length ?? 0, importedBy: into.get(path)?.length ?? 0 }))
    .sort((a, b) => b.importedBy + b.imports - a.importedBy - a.imports || (a.path < b.path ? -1 : 1))
    .slice(0, limits.nodes);
  const kept = new Set(nodes.map(({ path }) => path));
  const inner = edges.filter(({ from, to }) => kept.has(from) && kept.has(to));
  return {
    nodes,
    edges: inner.slice(0, limits.edges),
    externals: [...externals]
      .map(([name, importers]) => ({ name, importedBy: importers.size }))
      .sort((a, b) => b.importedBy - a.importedBy || (a.name < b.name ? -1 : 1))
      .slice(0, limits.nodes),
    isTruncated: nodes.length < all.size || inner.length > limits.edges,
  };
}

function findersFor(
  sources: readonly SourceFile[],
  known: {
    readonly paths: readonly string[];
    readonly manifests: readonly Manifest[];
    readonly tsconfig: string | null;
  },
): readonly ImportFinder[] {
  const files = indexOf(known.paths);
  const named = (kind: string): Map<string, string> =>
    new Map(
      known.manifests.flatMap((m) => (m.kind === kind && m.name !== null ? [[m.name, folderOf(m.path)] as const] : [])),
    );
  const aliases: ScriptAliases = {
    packages: named('npm'),
    paths: known.tsconfig === null ? [] : tsconfigPaths(known.tsconfig),
  };
  const java = sources.filter(({ language }) => language === 'Java' || language === 'Kotlin');
  const classes = new Map(java.map(({ path, text }) => [javaClassOf(path, text), path]));
  return [
    scriptImports(files, aliases),
    pythonImports(files),
    goImports(files, named('go')),
    javaImports(classes),
    rustImports(files),
  ];
}

function indexOf(paths: readonly string[]): FileIndex {
  const all = new Set(paths);
  const folders = Map.groupBy(paths, folderOf);
  return { has: (path) => all.has(path), filesIn: (folder) => folders.get(join(folder)) ?? [] };
}
