import { defaultHousekeeping, createLogger, createService, kafkaConfig } from '@codex/platform';
import type { FoldProjection } from '@codex/projections';
import { projectsProjection } from '../src/projections/projects.projection';
import { ProjectorModule } from '../src/projector.module';

/** What the process is started with, as JSON in its only argument. */
export interface SlowProjectorArguments {
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly topic: string;
  readonly publicKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  /** So long each event takes, so that a rebuild can be met half-way. */
  readonly eventTakesMs: number;
}

/** A projector in a process of its own, which prints its address: something that can be killed. */
async function main({ databaseUrl, kafkaBrokers, topic, publicKey, eventTakesMs }: SlowProjectorArguments) {
  const config = {
    http: { port: 0, host: '127.0.0.1', logLevel: 'warn' as const },
    internalAuth: { publicKey },
    housekeeping: defaultHousekeeping,
    database: { connectionString: databaseUrl, maxConnections: 5 },
    kafka: kafkaConfig.parse({ KAFKA_BROKERS: kafkaBrokers.join() }),
  };
  const projects = projectsProjection as FoldProjection;
  const slow: FoldProjection = {
    ...projects,
    topics: [topic],
    evolve: (row, event) => {
      const until = performance.now() + eventTakesMs;
      while (performance.now() < until);
      return projects.evolve(row, event);
    },
  };
  const logger = createLogger('projector', 'warn');
  const service = await createService(ProjectorModule.forRoot(config, [slow]), { name: 'projector', config, logger });
  const url = await service.listen();
  await service.started;
  process.stdout.write(`${url}\n`);
}

void main(JSON.parse(process.argv[2]!) as SlowProjectorArguments);
