import { Module, type DynamicModule } from '@nestjs/common';
import { ConsumerHost, ConsumersModule, HealthRegistry, Lifecycle, LOGGER } from '@codex/platform';
import { ProjectionHost, type Projection } from '@codex/projections';
import type { Logger } from 'pino';
import { Rebuilds } from './application/rebuilds';
import { ProjectionsController } from './http/projections.controller';
import { createPools } from './persistence/pools';
import { readModels } from './projections/read-models';
import type { ProjectorConfig } from './projector.config';
import { ProjectorLife } from './projector-life';
import { PROJECTIONS, READ_MODEL_POOL } from './projector-parts';

type LifeParts = [ProjectionHost, Rebuilds, ConsumerHost, Lifecycle, HealthRegistry];

@Module({})
export class ProjectorModule {
  static forRoot(config: ProjectorConfig, declared: readonly Projection[] = readModels): DynamicModule {
    const places = config.kafka.topics;
    const projections = declared.map((one) => ({ ...one, topics: one.topics.map((topic) => places.nameOf(topic)) }));
    const pools = createPools(config.database);
    return {
      module: ProjectorModule,
      imports: [
        ConsumersModule.forRoot({
          ...{ ...config, name: 'projector', pool: pools.control },
        }),
      ],
      controllers: [ProjectionsController],
      providers: [
        { provide: READ_MODEL_POOL, useValue: pools.control },
        { provide: PROJECTIONS, useValue: projections },
        {
          provide: ProjectionHost,
          inject: [ConsumerHost, LOGGER],
          useFactory: ({ parts: { driver, codec }, journal }: ConsumerHost, logger: Logger) =>
            new ProjectionHost({
              pool: pools.control,
              feedPool: pools.feed,
              driver,
              codec,
              projections,
              logger,
              journal,
            }),
        },
        {
          provide: Rebuilds,
          inject: [ProjectionHost, LOGGER, Lifecycle],
          useFactory: (host: ProjectionHost, logger: Logger, { signal }: Lifecycle) =>
            new Rebuilds({ pool: pools.rebuild, host, projections, logger, signal }),
        },
        {
          provide: ProjectorLife,
          inject: [ProjectionHost, Rebuilds, ConsumerHost, Lifecycle, HealthRegistry],
          useFactory: (...[host, rebuilds, consumers, lifecycle, health]: LifeParts) =>
            new ProjectorLife({ host, rebuilds, consumers, lifecycle, health, pools, projections }),
        },
      ],
    };
  }
}
