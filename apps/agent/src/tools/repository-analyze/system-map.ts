import type { Clone } from './clone';
import type { History } from './hot-spots';
import { readHistory } from './hot-spots';
import { countLines, isBinary, languageOf } from './languages';
import { isManifest, parseManifest, type Manifest } from './manifests';
import { moduleGraph, type ModuleGraph, type SourceFile } from './module-graph';
import { listFiles, readBlobs, type TreeFile } from './tree';

/** What is known of a repository at one commit. */
export interface SystemMap {
  readonly repository: {
    readonly url: string;
    readonly ref: string | null;
    readonly commit: string;
    readonly isShallow: boolean;
  };
  readonly files: {
    readonly count: number;
    readonly bytes: number;
    readonly read: number;
    readonly largest: readonly FileSize[];
  };
  readonly languages: readonly LanguageShare[];
  readonly manifests: readonly Manifest[];
  readonly modules: ModuleGraph;
  readonly history: Omit<History, 'hotSpots'>;
  readonly hotSpots: History['hotSpots'];
}

interface FileSize {
  readonly path: string;
  readonly bytes: number;
}

export interface LanguageShare {
  readonly language: string;
  readonly files: number;
  readonly lines: number;
  readonly bytes: number;
}

/** Larger files are counted but not read: they are generated or data. */
const MAX_FILE_BYTES = 1024 * 1024;
/** Of all files together; what is beyond is counted, not read. */
const MAX_READ_BYTES = 256 * 1024 * 1024;
const MAX_MANIFESTS = 500;
const MAX_HOT_SPOTS = 200;
const MAX_LARGEST = 20;
const GRAPH_LIMITS = { nodes: 5_000, edges: 20_000 };
const GRAPHED = new Set(['TypeScript', 'JavaScript', 'Vue', 'Svelte', 'Python', 'Go', 'Java', 'Kotlin', 'Rust']);

/** Reads a clone. `progress` hears the share that is done, 0 to 1. */
export async function mapRepository(
  { git, commit, isShallow }: Clone,
  { url, ref }: { readonly url: string; readonly ref: string | null },
  progress: (share: number) => void,
): Promise<SystemMap> {
  const files = await listFiles(git);
  const contents = await readContents(files, readBlobs(git, readable(files)), progress);
  const history = await readHistory(git, isShallow, MAX_HOT_SPOTS);
  const known = { paths: files.map(({ path }) => path), manifests: contents.manifests, tsconfig: contents.tsconfig };
  const { hotSpots, ...rest } = history;
  return {
    repository: { url, ref, commit, isShallow },
    files: {
      count: files.length,
      bytes: sum(files),
      read: contents.read,
      largest: files
        .toSorted((a, b) => b.bytes - a.bytes)
        .slice(0, MAX_LARGEST)
        .map(({ path, bytes }) => ({ path, bytes })),
    },
    languages: contents.languages,
    manifests: contents.manifests,
    modules: moduleGraph(contents.sources, known, GRAPH_LIMITS),
    history: rest,
    hotSpots,
  };
}

interface Contents {
  readonly languages: readonly LanguageShare[];
  readonly manifests: readonly Manifest[];
  readonly sources: readonly SourceFile[];
  readonly tsconfig: string | null;
  readonly read: number;
}

async function readContents(
  files: readonly TreeFile[],
  blobs: AsyncIterable<{ readonly file: TreeFile; readonly content: Buffer }>,
  progress: (share: number) => void,
): Promise<Contents> {
  const shares = new Map<string, { files: number; lines: number; bytes: number }>();
  const manifests: Manifest[] = [];
  const sources: SourceFile[] = [];
  let tsconfig: string | null = null;
  let read = 0;
  for await (const { file, content } of blobs) {
    progress(++read / files.length);
    if (isBinary(content)) continue;
    const language = languageOf(file.path);
    if (language !== null) addTo(shares, language, { files: 1, lines: countLines(content), bytes: file.bytes });
    if (isManifest(file.path) && manifests.length < MAX_MANIFESTS)
      manifests.push(parseManifest(file.path, content.toString('utf8')));
    if (file.path === 'tsconfig.json' || file.path === 'tsconfig.base.json') tsconfig ??= content.toString('utf8');
    if (language !== null && GRAPHED.has(language))
      sources.push({ path: file.path, language, text: content.toString('utf8') });
  }
  const languages = [...shares].map(([language, share]) => ({ language, ...share })).sort((a, b) => b.lines - a.lines);
  return { languages, manifests, sources, tsconfig, read };
}

function addTo(
  shares: Map<string, { files: number; lines: number; bytes: number }>,
  language: string,
  add: Omit<LanguageShare, 'language'>,
): void {
  const share = shares.get(language) ?? { files: 0, lines: 0, bytes: 0 };
  shares.set(language, {
    files: share.files + add.files,
    lines: share.lines + add.lines,
    bytes: share.bytes + add.bytes,
  });
}

function readable(files: readonly TreeFile[]): readonly TreeFile[] {
  let room = MAX_READ_BYTES;
  return files.filter(({ path, bytes }) => {
    if (bytes > MAX_FILE_BYTES || bytes > room || (languageOf(path) === null && !isManifest(path))) return false;
    room -= bytes;
    return true;
  });
}

function sum(files: readonly TreeFile[]): number {
  return files.reduce((bytes, file) => bytes + file.bytes, 0);
}
