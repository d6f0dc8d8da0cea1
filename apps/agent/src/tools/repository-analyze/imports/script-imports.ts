import { captures, folderOf, join, type FileIndex, type ImportFinder, type ImportTarget } from './import-finder';

const EXTENSIONS = ['.ts', '.tsx', '.d.ts', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json', '.vue', '.svelte'];
const IMPORT =
  /(?:^|[\s;}])(?:import|export)\s[^'"`;()]*?from\s*['"]([^'"\n]+)['"]|(?:^|[\s;}])import\s*['"]([^'"\n]+)['"]|\b(?:import|require)\s*\(\s*['"]([^'"\n]+)['"]\s*\)/gm;

/** Names that stand for folders or files of the repository: packages of a workspace, and `paths` of a tsconfig. */
export interface ScriptAliases {
  /** Package name → its folder. */
  readonly packages: ReadonlyMap<string, string>;
  /** Pattern with at most one `*` → files, from the root. */
  readonly paths: readonly (readonly [pattern: string, targets: readonly string[]])[];
}

/** TypeScript and JavaScript. */
export function scriptImports(files: FileIndex, aliases: ScriptAliases): ImportFinder {
  return {
    languages: new Set(['TypeScript', 'JavaScript', 'Vue', 'Svelte']),
    nodeOf: (path) => path,
    importsOf: (source) => captures(source, IMPORT),
    resolve(specifier, from) {
      const [bare = ''] = specifier.split('?');
      if (bare.startsWith('.')) return fileTarget(files, join(folderOf(from), bare));
      return (
        aliased(files, aliases, bare) ?? (bare.startsWith('/') ? null : { kind: 'external', name: packageOf(bare) })
      );
    },
  };
}

/** `paths` of a tsconfig, which is JSON with comments. Anything unreadable means none. */
export function tsconfigPaths(text: string): ScriptAliases['paths'] {
  try {
    const json = JSON.parse(withoutComments(text)) as {
      compilerOptions?: { paths?: Record<string, string[]>; baseUrl?: string };
    };
    const { paths = {}, baseUrl = '' } = json.compilerOptions ?? {};
    return Object.entries(paths).map(([pattern, targets]) => [pattern, targets.map((target) => join(baseUrl, target))]);
  } catch {
    return [];
  }
}

/** Strings are matched too, so that what looks like a comment inside of one stays. */
const STRING_OR_COMMENT = /"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (match) => (match.startsWith('"') ? match : '')).replace(/,(\s*[}\]])/g, '$1');
}

function aliased(files: FileIndex, { packages, paths }: ScriptAliases, specifier: string): ImportTarget {
  for (const [pattern, targets] of paths) {
    const [before = '', after] = pattern.split('*');
    const isMatch =
      after === undefined ? specifier === pattern : specifier.startsWith(before) && specifier.endsWith(after);
    if (!isMatch) continue;
    const star = after === undefined ? '' : specifier.slice(before.length, specifier.length - after.length);
    for (const target of targets) {
      const found = fileTarget(files, join('', target.replace('*', star)));
      if (found !== null) return found;
    }
  }
  const name = packageOf(specifier);
  const folder = packages.get(name);
  if (folder === undefined) return null;
  const rest = specifier.slice(name.length);
  return fileTarget(files, join(folder, rest)) ?? fileTarget(files, join(folder, 'src', rest));
}

function fileTarget(files: FileIndex, path: string): ImportTarget {
  const stem = path.replace(/\.(m|c)?jsx?$/, '');
  const candidates = [
    path,
    ...EXTENSIONS.flatMap((extension) => [`${path}${extension}`, `${stem}${extension}`]),
    ...EXTENSIONS.map((extension) => join(path, `index${extension}`)),
  ];
  const found = candidates.find((candidate) => files.has(candidate));
  return found === undefined ? null : { kind: 'file', path: found };
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
