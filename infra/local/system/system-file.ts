import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../atomic-file';
import type { CallerRole } from './credentials';

/** What `.local/system.json` says; its shape is a public contract. */
export interface SystemContents {
  readonly gatewayUrl: string;
  readonly apiKeys: Readonly<Record<CallerRole, string>>;
  readonly kafkaBrokers: readonly string[];
  /** By app. */
  readonly databases: Readonly<Record<string, string>>;
  /** By app, of those that run now. */
  readonly pids: Readonly<Record<string, number>>;
}

/** Exists while the system is up: written when it is ready, rewritten when a pid changes, removed at the end. */
export class SystemFile {
  private readonly file: string;
  private published = false;

  constructor(stateDir: string) {
    this.file = join(stateDir, 'system.json');
  }

  publish(contents: SystemContents): void {
    this.published = true;
    this.write(contents);
  }

  /** Nothing before the first publication. */
  update(contents: SystemContents): void {
    if (this.published) this.write(contents);
  }

  remove(): void {
    this.published = false;
    rmSync(this.file, { force: true });
  }

  private write(contents: SystemContents): void {
    writeFileAtomically(this.file, `${JSON.stringify(contents, null, 2)}\n`);
  }
}
