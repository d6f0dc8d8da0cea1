import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomically } from '../atomic-file';
import type { ProcessIdentity } from './process-identity';

/** A process of ours and how it wants to be asked to end. */
export interface RegisteredProcess extends ProcessIdentity {
  readonly name: string;
  readonly stopSignal: NodeJS.Signals;
}

/**
 * The file that lets the next start find what a killed one left behind. Written before anything else happens to a
 * new process, and synchronously, so that the gap in which a process is unknown is as small as it can be.
 */
export class PidRegister {
  private readonly processes = new Map<number, RegisteredProcess>();

  constructor(private readonly file: string) {}

  /** What an earlier launcher wrote; empty when there is no (readable) file. */
  static read(file: string): readonly RegisteredProcess[] {
    if (!existsSync(file)) return [];
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as RegisteredProcess[];
    } catch {
      return [];
    }
  }

  add(process: RegisteredProcess): void {
    this.processes.set(process.pid, process);
    this.write();
  }

  remove(pid: number): void {
    if (this.processes.delete(pid)) this.write();
  }

  private write(): void {
    writeFileAtomically(this.file, JSON.stringify([...this.processes.values()], null, 2));
  }
}
