import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildSpec } from '../../../infra/local/processes/child-processes';
import type { SupervisedProcess } from '../../../infra/local/processes/supervised-process';

/**
 * A disk that can be filled up and emptied under a running server. Where mounting is allowed (root on Linux) it is a
 * small file system, and the server gets ENOSPC. Elsewhere the server is started again with RLIMIT_FSIZE: no file of it
 * grows any more (EFBIG), which is as near as an ordinary user comes to a full disk.
 */
export interface SmallDisk extends Disposable {
  readonly kind: 'file system' | 'file size limit';
  /** The same server, on this disk. */
  on(spec: ChildSpec): ChildSpec;
  /** Leaves room for so many bytes. */
  fill(server: SupervisedProcess, leftBytes: number): void;
  makeRoom(server: SupervisedProcess): void;
}

/** A disk for what is below the folder, which may exist but must be empty. FAULT_DISK=limit takes no file system. */
export function smallDisk(folder: string, bytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  if (process.env['FAULT_DISK'] !== 'limit' && mounted(folder, bytes)) return new SmallFileSystem(folder);
  return new FileSizeLimit(folder);
}

function mounted(folder: string, bytes: number): boolean {
  if (process.platform !== 'linux') return false;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' }).status === 0;
}

class SmallFileSystem implements SmallDisk {
  readonly kind = 'file system';
  private readonly ballast: string;
  private isMounted = true;
  private readonly unmount = (): void => this[Symbol.dispose]();

  constructor(private readonly folder: string) {
    this.ballast = join(folder, 'ballast');
    process.once('exit', this.unmount);
  }

  on(spec: ChildSpec): ChildSpec {
    return spec;
  }

  fill(_server: SupervisedProcess, leftBytes: number): void {
    const { bavail, bsize } = statfsSync(this.folder);
    writeFileSync(this.ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
  }

  makeRoom(): void {
    rmSync(this.ballast, { force: true });
  }

  [Symbol.dispose](): void {
    if (!this.isMounted) return;
    this.isMounted = false;
    process.removeListener('exit', this.unmount);
    execFileSync('umount', ['-l', this.folder]);
  }
}

/** In blocks of 512 bytes, as POSIX has it; shells that count in 1,024 leave twice as much. */
const LIMIT_BLOCKS = 2_048;

class FileSizeLimit implements SmallDisk {
  readonly kind = 'file size limit';
  private readonly mark: string;

  constructor(folder: string) {
    this.mark = `${folder}.full`;
  }

  on(spec: ChildSpec): ChildSpec {
    const limited = `if [ -e "$0" ]; then ulimit -f ${LIMIT_BLOCKS}; fi; exec "$@"`;
    return { ...spec, command: '/bin/sh', args: ['-c', limited, this.mark, spec.command, ...spec.args] };
  }

  fill(server: SupervisedProcess): void {
    writeFileSync(this.mark, '');
    server.kill('SIGKILL');
  }

  makeRoom(server: SupervisedProcess): void {
    if (!existsSync(this.mark)) return;
    rmSync(this.mark);
    server.kill('SIGKILL');
  }

  [Symbol.dispose](): void {
    rmSync(this.mark, { force: true });
  }
}
