import { spawn, type ChildProcess } from 'node:child_process';

/** A program to run, without a shell. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops the program and all it started. */
  readonly signal: AbortSignal;
  /** Output beyond this is thrown away while the program goes on. */
  readonly maxOutputBytes: number;
  readonly input?: Buffer;
}

/** How it ended. `output` has both streams in the order in which they arrived, `stdout` and `stderr` each alone. */
export interface ProgramEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly output: Buffer;
  readonly isTruncated: boolean;
}

const KILL_AFTER_MS = 2_000;

/**
 * Runs a program in a process group of its own and resolves when it and everything it left behind in its group is gone.
 * Rejects with the spawn error when it could not be started, and with the signal's reason when it was aborted.
 */
export async function runProgram(program: Program): Promise<ProgramEnd> {
  program.signal.throwIfAborted();
  const child = spawn(program.file, [...program.args], {
    cwd: program.cwd,
    env: { ...program.env },
    detached: true,
    stdio: [program.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const gathered = new Output(program.maxOutputBytes);
  child.stdout!.on('data', (chunk: Buffer) => gathered.add('stdout', chunk));
  child.stderr!.on('data', (chunk: Buffer) => gathered.add('stderr', chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(program.input);
  const stop = stopper(child);
  program.signal.addEventListener('abort', stop.gently, { once: true });
  try {
    const end = await ending(child);
    program.signal.throwIfAborted();
    return { ...end, ...gathered.result() };
  } finally {
    program.signal.removeEventListener('abort', stop.gently);
    stop.done();
  }
}

function ending(child: ChildProcess): Promise<Pick<ProgramEnd, 'exitCode' | 'signal'>> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    // What it left running may hold its pipes open, so the group goes as soon as the program itself has ended.
    child.once('exit', () => killGroup(child, 'SIGKILL'));
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

function stopper(child: ChildProcess): { gently(): void; done(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    gently: () => {
      killGroup(child, 'SIGTERM');
      timer = setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS);
    },
    done: () => clearTimeout(timer),
  };
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: nothing of the group is left.
  }
}

class Output {
  private readonly chunks: { readonly stream: 'stdout' | 'stderr'; readonly chunk: Buffer }[] = [];
  private bytes = 0;
  private isTruncated = false;

  constructor(private readonly maxBytes: number) {}

  add(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    const room = this.maxBytes - this.bytes;
    if (chunk.length > room) this.isTruncated = true;
    if (room <= 0) return;
    const kept = chunk.subarray(0, room);
    this.bytes += kept.length;
    this.chunks.push({ stream, chunk: kept });
  }

  result(): Pick<ProgramEnd, 'stdout' | 'stderr' | 'output' | 'isTruncated'> {
    const of = (stream: string): Buffer =>
      Buffer.concat(this.chunks.filter((part) => part.stream === stream).map(({ chunk }) => chunk));
    return {
      stdout: of('stdout'),
      stderr: of('stderr'),
      output: Buffer.concat(this.chunks.map(({ chunk }) => chunk)),
      isTruncated: this.isTruncated,
    };
  }
}
