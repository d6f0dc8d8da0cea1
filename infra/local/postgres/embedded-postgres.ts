import { join } from 'node:path';
import { freePort } from '../ports';
import type { SupervisedProcess } from '../processes/supervised-process';
import { startServer } from '../server-process';
import type { ServerOptions } from '../server-options';
import { isPostgresUp, prepareCluster } from './cluster';
import { postgresIdentity } from './identity';
import { type PlacementOptions, placePostgres } from './placement';

export interface EmbeddedPostgres {
  readonly databaseUrl: string;
  readonly processes: readonly SupervisedProcess[];
}

/** Real PostgreSQL from the npm package, with its data under the state folder (or where root must put it). */
export async function embeddedPostgres(
  options: ServerOptions,
  place: Partial<PlacementOptions> = {},
): Promise<EmbeddedPostgres> {
  const { stateDir, password, progress } = options;
  const port = await freePort();
  const databaseUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const server = await progress.step(`PostgreSQL 18.4 on port ${port}`, async () => {
    const as = postgresIdentity();
    const placement = placePostgres(stateDir, as, { progress, ...place });
    const logFile = join(stateDir, 'logs/postgres.log');
    const spec = await prepareCluster(options.children, { placement, as, password, port, logFile });
    return startServer(options, spec, () => isPostgresUp(databaseUrl));
  });
  return { databaseUrl, processes: [server] };
}
