/** The files of a repository, for looking up what an import means. */
export interface FileIndex {
  has(path: string): boolean;
  /** Files that lie directly in a folder. */
  filesIn(folder: string): readonly string[];
}

/** What an import leads to: a file of the repository, a package of others, or nothing that can be found. */
export type ImportTarget =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'external'; readonly name: string } | null;

/** The imports of one language. */
export interface ImportFinder {
  readonly languages: ReadonlySet<string>;
  /** The name under which a file appears in the graph: itself, or for some languages its package's folder. */
  nodeOf(path: string): string;
  /** What the source names, each once. */
  importsOf(source: string, path: string): readonly string[];
  resolve(specifier: string, from: string): ImportTarget;
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function join(folder: string, ...parts: readonly string[]): string {
  const segments: string[] = [];
  for (const segment of [folder, ...parts].join('/').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  return segments.join('/');
}

/** Distinct captures of the first group that took part in each match. */
export function captures(source: string, pattern: RegExp): string[] {
  const found = [...source.matchAll(pattern)].map((match) => match.slice(1).find((group) => group !== undefined));
  return [...new Set(found.filter((text) => text !== undefined))];
}
