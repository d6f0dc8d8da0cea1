import { runProgram, type ProgramEnd } from '../../process/child-process';

/** Runs git for one analysis: always the same guards, always without a shell. */
export interface Git {
  run(
    args: readonly string[],
    options?: { readonly input?: Buffer; readonly maxOutputBytes?: number },
  ): Promise<ProgramEnd>;
}

/** Nothing of the repository may run here: no hooks, no filters, no submodules, no helpers, no prompts, no odd transports. */
const GUARDS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.symlinks=false',
  'credential.helper=',
  'filter.lfs.smudge=',
  'filter.lfs.process=',
  'filter.lfs.required=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  // The owner of a repository on this machine may be another user; nothing in it is executed either way.
  'safe.directory=*',
].flatMap((setting) => ['-c', setting]);

const MAX_OUTPUT_BYTES = 1024 * 1024;

/** What git needs from this machine: the search path, and how it gets out (proxy, certificates, ssh agent). */
export type GitSettings = Readonly<Record<string, string>> & { readonly PATH: string };

/** git in this folder; `home` keeps the settings of this machine's user out. */
export function gitIn(
  cwd: string,
  { home, signal, settings }: { readonly home: string; readonly signal: AbortSignal; readonly settings: GitSettings },
): Git {
  const env = {
    ...settings,
    HOME: home,
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=accept-new -oConnectTimeout=20',
    GIT_ALLOW_PROTOCOL: 'https:ssh:file',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_OPTIONAL_LOCKS: '0',
    // Also reaches the upload-pack that git starts for a file URL, which the settings above do not.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
  return {
    run: (args, { input, maxOutputBytes = MAX_OUTPUT_BYTES } = {}) =>
      runProgram({ file: 'git', args: [...GUARDS, ...args], cwd, env, signal, maxOutputBytes, input }),
  };
}
