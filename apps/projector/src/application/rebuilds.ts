import { rebuild, sweepInbox, type Projection, type ProjectionHost } from '@codex/projections';
import type { Logger } from 'pino';
import type { Pool } from 'pg';

export interface RebuildsParts {
  /** Its statements may take long: the comparison reads whole tables. */
  readonly pool: Pool;
  readonly host: ProjectionHost;
  readonly projections: readonly Projection[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const LOCK_CLASS = 7_318_223;
const TAKE_UP_MS = 15_000;

/**
 * Runs rebuilds in the background, one a projection over all replicas: an advisory lock makes the replica that holds it
 * the coordinator. Rebuilds that a crash or a restart interrupted are taken up again.
 */
export class Rebuilds {
  private readonly running = new Set<string>();
  private readonly settled = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: RebuildsParts) {}

  /** Starts the rebuild of a projection; a second start while it runs changes nothing. */
  start(projection: Projection): void {
    if (this.running.has(projection.name)) return;
    this.running.add(projection.name);
    const run = this.run(projection).finally(() => this.running.delete(projection.name));
    this.settled.add(run);
    void run.finally(() => this.settled.delete(run));
  }

  /**
   * Takes up what was interrupted, here or in a replica that is gone, and rebuilds what an older definition built: its
   * rows can't be fed any more. Goes on looking for such work until {@link stop}.
   */
  async resume(): Promise<void> {
    await this.takeUp();
    this.timer ??= setInterval(() => {
      this.takeUp().catch((error: unknown) => this.parts.logger.warn({ err: error }, 'rebuilds are looked for later'));
    }, TAKE_UP_MS);
  }

  /** Removes in the background what the inbox keeps of dropped generations. */
  sweep(): void {
    const { pool, logger } = this.parts;
    sweepInbox(pool).catch((error: unknown) =>
      logger.warn({ err: error }, 'the inbox is swept after the next rebuild'),
    );
  }

  /** Resolves when no rebuild runs any more in this process. The parts' signal must be aborted before. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled(this.settled);
  }

  private async takeUp(): Promise<void> {
    const generations = await this.parts.host.registry.all();
    for (const projection of this.parts.projections) {
      const own = generations.filter((one) => one.projection === projection.name && !one.paused);
      const outdated = own.some((one) => one.state === 'live' && one.definitionVersion < projection.version);
      if (outdated || own.some((one) => one.state === 'building')) this.start(projection);
    }
  }

  private async run(projection: Projection): Promise<void> {
    const { pool, host, logger, signal } = this.parts;
    const lock = await this.lock(projection.name).catch(() => null);
    if (lock === null) return;
    try {
      const interrupted = AbortSignal.any([signal, lock.lost]);
      const outcome = await rebuild({ pool, registry: host.registry, feeder: host, signal: interrupted }, projection);
      logger.info({ ...outcome }, 'rebuild finished');
    } catch (error) {
      if (!signal.aborted) logger.error({ err: error, projection: projection.name }, 'rebuild failed');
    } finally {
      lock.release();
    }
  }

  /** The lock lives as long as its connection; `lost` tells when that breaks, because then another replica may begin. */
  private async lock(name: string): Promise<{ readonly lost: AbortSignal; release(): void } | null> {
    const client = await this.parts.pool.connect();
    const lost = new AbortController();
    client.once('error', (error) => lost.abort(error));
    try {
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as held', [
        LOCK_CLASS,
        name,
      ]);
      if (rows[0]!.held) return { lost: lost.signal, release: () => client.release(true) };
    } catch {
      // Not locked: the next look tries again.
    }
    client.release(true);
    return null;
  }
}
