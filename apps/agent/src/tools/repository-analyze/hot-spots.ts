import type { Git } from './git';

/** How often and how much a file was changed. */
export interface HotSpot {
  readonly path: string;
  readonly commits: number;
  readonly added: number;
  readonly deleted: number;
  readonly lastChangedAt: string;
}

/** What the history says, as far as it was cloned and read. */
export interface History {
  readonly commits: number;
  readonly firstCommitAt: string | null;
  readonly lastCommitAt: string | null;
  readonly hotSpots: readonly HotSpot[];
  readonly isTruncated: boolean;
}

const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_COMMITS = 5_000;
const COMMIT_MARK = '\u0001';

/**
 * Counts changes per file. The oldest commit of a shallow clone is left out: cut off from its parent, it looks as if
 * it had written everything.
 */
export async function readHistory(git: Git, isShallow: boolean, maxHotSpots: number): Promise<History> {
  const { stdout, isTruncated } = await git.run(
    [
      'log',
      '--numstat',
      '-z',
      '--no-renames',
      '--no-merges',
      '--no-ext-diff',
      '--no-textconv',
      `--max-count=${MAX_COMMITS}`,
      '--format=%x01%ct %P%x00',
    ],
    { maxOutputBytes: MAX_OUTPUT_BYTES },
  );
  const commits = stdout.toString('utf8').split(COMMIT_MARK).slice(1).map(parseCommit);
  const counted = isShallow ? commits.filter((commit) => commit.hasParent) : commits;
  const times = commits.map((commit) => commit.at).sort();
  return {
    commits: commits.length,
    firstCommitAt: times[0] ?? null,
    lastCommitAt: times.at(-1) ?? null,
    hotSpots: hotSpotsOf(counted).slice(0, maxHotSpots),
    isTruncated,
  };
}

interface Commit {
  readonly at: string;
  readonly hasParent: boolean;
  readonly changes: readonly { readonly path: string; readonly added: number; readonly deleted: number }[];
}

function parseCommit(text: string): Commit {
  const [header = '', ...entries] = text.split('\0');
  const [seconds = '0', ...parents] = header.trim().split(' ');
  return {
    at: new Date(Number(seconds) * 1000).toISOString(),
    hasParent: parents.length > 0,
    changes: entries.flatMap(parseChange),
  };
}

function parseChange(entry: string) {
  const match = /^\n?(\d+|-)\t(\d+|-)\t(.+)$/s.exec(entry);
  if (match === null) return [];
  const count = (text: string): number => (text === '-' ? 0 : Number(text));
  return [{ added: count(match[1]!), deleted: count(match[2]!), path: match[3]! }];
}

function hotSpotsOf(commits: readonly Commit[]): HotSpot[] {
  const files = new Map<string, { commits: number; added: number; deleted: number; lastChangedAt: string }>();
  for (const { at, changes } of commits) {
    for (const { path, added, deleted } of changes) {
      const file = files.get(path) ?? { commits: 0, added: 0, deleted: 0, lastChangedAt: at };
      file.commits += 1;
      file.added += added;
      file.deleted += deleted;
      if (at > file.lastChangedAt) file.lastChangedAt = at;
      files.set(path, file);
    }
  }
  return [...files]
    .map(([path, file]) => ({ path, ...file }))
    .sort((a, b) => b.commits - a.commits || b.added + b.deleted - a.added - a.deleted || (a.path < b.path ? -1 : 1));
}
