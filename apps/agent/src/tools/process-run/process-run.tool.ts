import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { z } from 'zod';
import { runProgram, type ProgramEnd } from '../../process/child-process';
import { withoutCredentials } from '../../process/credentials';
import { ToolFailure, type Tool } from '../tool';
import { parseInput } from '../tool-input';
import type { AllowList } from './allow-list';

const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const DEFAULT_OUTPUT_BYTES = 1024 * 1024;
/** Of the output, in the message of a failure: enough to see what went wrong. */
const TAIL_CHARACTERS = 1_000;
/** They would make the dynamic linker or an interpreter load other code than the allowed program. */
const FORBIDDEN_VARIABLES =
  /^(LD_|DYLD_|NODE_OPTIONS$|BASH_ENV$|ENV$|PYTHON(STARTUP|PATH|HOME)$|PERL5(LIB|OPT)$|RUBYOPT$|GIT_(SSH|EXEC_PATH|CONFIG|ASKPASS|EXTERNAL_DIFF|PROXY_COMMAND|EDITOR|PAGER))/;

const input = z.strictObject({
  command: z.string().min(1).max(1024),
  args: z.array(z.string().max(8192)).max(256).default([]),
  cwd: z.string().min(1).max(1024).optional(),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(8192)).default({}),
  timeoutMs: z.int().min(1).max(86_400_000).default(DEFAULT_TIMEOUT_MS),
  maxOutputBytes: z.int().min(1).max(8_388_608).default(DEFAULT_OUTPUT_BYTES),
});
type Input = z.output<typeof input>;

/** Runs an executable of the allow-list in an empty folder, without a shell and with next to no environment. */
export function processRunTool(allowed: AllowList): Tool {
  return {
    name: 'process.run',
    async run(raw, context) {
      const wish = parseInput(input, raw);
      const file = allowed.get(wish.command);
      if (file === undefined)
        throw new ToolFailure('NOT_ALLOWED', `${wish.command} is not on this agent's allow-list`, false);
      const forbidden = Object.keys(wish.env).find((name) => FORBIDDEN_VARIABLES.test(name));
      if (forbidden !== undefined)
        throw new ToolFailure('NOT_ALLOWED', `the variable ${forbidden} is not allowed`, false);
      const home = await context.folder();
      const cwd = await workingFolder(home, wish.cwd);
      return outcomeOf(await runWithin(wish, { file, home, cwd, signal: context.signal }));
    },
  };
}

async function runWithin(
  { args, env, timeoutMs, maxOutputBytes }: Input,
  place: { readonly file: string; readonly home: string; readonly cwd: string; readonly signal: AbortSignal },
): Promise<ProgramEnd> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([place.signal, timeout]);
  try {
    return await runProgram({
      file: place.file,
      args,
      cwd: place.cwd,
      signal,
      maxOutputBytes,
      env: {
        ...minimalEnvironment(place.file, place.home),
        ...env,
      },
    });
  } catch (error) {
    place.signal.throwIfAborted();
    if (timeout.aborted) throw new ToolFailure('TIMEOUT', `the process took longer than ${timeoutMs} ms`, true);
    throw new ToolFailure(
      'PROCESS_FAILED',
      `the process could not be started (${(error as NodeJS.ErrnoException).code})`,
      true,
    );
  }
}

function minimalEnvironment(file: string, folder: string): Record<string, string> {
  return {
    PATH: [...new Set([dirname(file), dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'])].join(':'),
    HOME: folder,
    TMPDIR: folder,
    LANG: 'C.UTF-8',
    GIT_TERMINAL_PROMPT: '0',
  };
}

/** A folder inside the scratch folder, made when it is missing; anything outside is refused. */
async function workingFolder(folder: string, wished: string | undefined): Promise<string> {
  if (wished === undefined) return folder;
  const path = resolve(folder, wished);
  const inside = relative(folder, path);
  if (isAbsolute(wished) || isAbsolute(inside) || inside.split('/')[0] === '..') {
    throw new ToolFailure('NOT_ALLOWED', 'the working folder must be inside the scratch folder', false);
  }
  await mkdir(path, { recursive: true });
  return path;
}

function outcomeOf({ exitCode, signal, output, isTruncated }: ProgramEnd) {
  if (exitCode !== 0) {
    const how = exitCode === null ? `was ended by ${signal}` : `ended with code ${exitCode}`;
    const tail = withoutCredentials(output.toString('utf8').replaceAll('\0', '')).trim().slice(-TAIL_CHARACTERS);
    throw new ToolFailure('PROCESS_FAILED', tail === '' ? `the process ${how}` : `the process ${how}: ${tail}`, true);
  }
  return {
    result: { exitCode, outputBytes: output.length, isTruncated },
    artifacts: [{ name: 'output.txt', mediaType: 'text/plain; charset=utf-8', content: output }],
  };
}
