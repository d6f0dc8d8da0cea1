import { join } from 'node:path';
import { withoutCredentials } from '../../process/credentials';
import { ToolFailure } from '../tool';
import { watchSize } from './folder-size';
import { gitIn, type Git, type GitSettings } from './git';

/** What is cloned, and how much of it at most. */
export interface CloneWish {
  readonly repositoryUrl: string;
  readonly ref: string | null;
  readonly depth: number;
  readonly maxBytes: number;
}

/** A clone without a work tree: nothing of the repository is ever written out as a file. */
export interface Clone {
  readonly git: Git;
  readonly commit: string;
  readonly isShallow: boolean;
  readonly bytes: number;
}

const COMMIT = /^[0-9a-f]{40}$/;

/** Clones into an empty folder. Every failure is a {@link ToolFailure} that says whether trying again makes sense. */
export async function cloneRepository(
  wish: CloneWish,
  place: { readonly folder: string; readonly signal: AbortSignal; readonly settings: GitSettings },
): Promise<Clone> {
  const { folder, settings } = place;
  const size = watchSize(folder, wish.maxBytes);
  const signal = AbortSignal.any([place.signal, size.signal]);
  const outside = gitIn(folder, { home: folder, signal, settings });
  const inside = gitIn(join(folder, 'repository'), { home: folder, signal, settings });
  let bytes = 0;
  try {
    await fetchAll(wish, outside, inside);
  } catch (error) {
    place.signal.throwIfAborted();
    if (!size.signal.aborted) throw error;
  } finally {
    bytes = await size.stop();
  }
  // git clears away what it fetched when it is stopped, so the last size alone does not tell.
  if (size.signal.aborted || bytes > wish.maxBytes) {
    throw new ToolFailure('REPOSITORY_TOO_LARGE', `the repository is larger than ${wish.maxBytes} bytes`, false);
  }
  const git = gitIn(join(folder, 'repository'), { home: folder, signal: place.signal, settings });
  return { git, bytes, ...(await headOf(git)) };
}

async function fetchAll({ repositoryUrl, ref, depth }: CloneWish, outside: Git, inside: Git): Promise<void> {
  const isCommit = ref !== null && COMMIT.test(ref);
  const branch = ref === null || isCommit ? [] : [`--branch=${ref}`];
  await succeed(outside, [
    'clone',
    '--quiet',
    '--no-checkout',
    '--no-tags',
    '--single-branch',
    '--no-recurse-submodules',
    `--depth=${depth}`,
    ...branch,
    '--',
    repositoryUrl,
    'repository',
  ]);
  if (!isCommit) return;
  await succeed(inside, ['fetch', '--quiet', '--no-tags', `--depth=${depth}`, 'origin', ref]);
  await succeed(inside, ['update-ref', '--no-deref', 'HEAD', 'FETCH_HEAD']);
}

async function headOf(git: Git): Promise<Pick<Clone, 'commit' | 'isShallow'>> {
  const head = await git.run(['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (head.exitCode !== 0) throw new ToolFailure('REPOSITORY_EMPTY', 'the repository has no commits', false);
  const shallow = await git.run(['rev-parse', '--is-shallow-repository']);
  return { commit: head.stdout.toString().trim(), isShallow: shallow.stdout.toString().trim() === 'true' };
}

async function succeed(git: Git, args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await git.run(args);
  if (exitCode !== 0) throw failureOf(withoutCredentials(stderr.toString('utf8')).trim());
}

const VERDICTS: readonly (readonly [pattern: RegExp, code: string, message: string, retryable: boolean])[] = [
  [
    /Remote branch .* not found|couldn't find remote ref|not our ref|no such remote ref|unadvertised object/i,
    'REF_NOT_FOUND',
    'the repository has no such branch, tag or commit',
    false,
  ],
  [
    /Authentication failed|could not read (Username|Password)|Permission denied|access denied|403/i,
    'REPOSITORY_ACCESS_DENIED',
    'the repository needs credentials that this agent does not have',
    false,
  ],
  [
    /repository .*(not found|does not exist)|does not appear to be a git repository|not a git repository|Repository not found|error: 404|no such file or directory/i,
    'REPOSITORY_NOT_FOUND',
    'there is no repository at this address',
    false,
  ],
  [/transport '.*' not allowed/i, 'REPOSITORY_NOT_FOUND', 'the address has a protocol that is not allowed', false],
];

/** What git said, as a verdict. Anything unknown may be the network's fault, so it is worth another attempt. */
export function failureOf(stderr: string): ToolFailure {
  const verdict = VERDICTS.find(([pattern]) => pattern.test(stderr));
  if (verdict !== undefined) return new ToolFailure(verdict[1], verdict[2], verdict[3]);
  const lastLine = stderr.split('\n').at(-1) ?? '';
  return new ToolFailure('CLONE_FAILED', `the repository could not be cloned: ${lastLine.slice(0, 300)}`, true);
}
