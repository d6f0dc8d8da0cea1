import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a process can be made to die: `before` the step is taken, `in` it (sent and not answered), `after` its answer. */
export type KillPoint =
  | `${'before' | 'in' | 'after'}-commit`
  | `${'before' | 'in'}-produce`
  | 'after-produce-ack'
  | `${'before' | 'after'}-cursor-update`
  | `${'before' | 'in' | 'after'}-offset-commit`
  | `${'before' | 'after'}-lease-grant`
  | `${'before' | 'in' | 'after'}-lease-commit`;

const PRELOAD = join(__dirname, 'preload.cjs');

/** Arms kill points in the services of a system that was started with {@link environment}. */
export class KillPoints {
  private armed = 0;

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** What services have to be started with. */
  environment(): Readonly<Record<string, string>> {
    return { NODE_OPTIONS: `--require ${JSON.stringify(PRELOAD)}`, FAULT_KILL_POINTS: this.folder };
  }

  /** The process that takes this app past the point for the n-th time from now on, over all its lives, dies there; once. */
  arm(app: string, point: KillPoint, nth = 1): void {
    rmSync(this.firedFile(app, point), { force: true });
    const draft = join(this.folder, `${app}.draft`);
    writeFileSync(draft, JSON.stringify({ id: this.armed++, point, nth }));
    renameSync(draft, this.armedFile(app));
  }

  hasFired(app: string, point: KillPoint): boolean {
    return existsSync(this.firedFile(app, point));
  }

  private armedFile(app: string): string {
    return join(this.folder, `${app}.armed`);
  }

  private firedFile(app: string, point: KillPoint): string {
    return join(this.folder, `${app}.${point}.fired`);
  }
}
