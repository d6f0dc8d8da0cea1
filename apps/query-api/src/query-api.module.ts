import { Module, type DynamicModule } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { counter, gauge, Lifecycle, LOGGER } from '@codex/platform';
import { createPool } from '@codex/postgres';
import { ConsistencyWaiter } from '@codex/projections';
import type { Logger } from 'pino';
import { GraphqlController } from './graphql/graphql.controller';
import { AgentsController } from './http/agents.controller';
import { ConsistencyInterceptor } from './http/consistency.interceptor';
import { EventsController } from './http/events.controller';
import { ProcessesController } from './http/processes.controller';
import { ProjectsController } from './http/projects.controller';
import { WorkItemsController } from './http/work-items.controller';
import { LiveFeed } from './live/live-feed';
import { defaultLiveLimits, type LiveLimits } from './live/live-limits';
import { eventTopics } from './live/live-log';
import { openLiveLog } from './live/open-live-log';
import type { QueryApiConfig } from './query-api.config';
import { READ_POOL, readPool } from './read-pool';
import { RunQueueClient } from './run-queue.client';

const controllers = [
  ProjectsController,
  WorkItemsController,
  ProcessesController,
  AgentsController,
  EventsController,
  GraphqlController,
];

/** What tests make smaller or faster. */
export interface QueryApiTuning {
  readonly live?: Partial<LiveLimits>;
  readonly topics?: readonly string[];
}

@Module({})
export class QueryApiModule {
  static forRoot(config: QueryApiConfig, tuning: QueryApiTuning = {}): DynamicModule {
    const pool = createPool({ ...config.database, applicationName: 'query-api' });
    const connections = readPool(pool);
    const runQueue = new RunQueueClient(config.agentManagerUrl);
    return {
      module: QueryApiModule,
      controllers,
      providers: [
        { provide: READ_POOL, useValue: connections },
        { provide: RunQueueClient, useValue: runQueue },
        { provide: ConsistencyWaiter, useValue: new ConsistencyWaiter(connections) },
        { provide: APP_INTERCEPTOR, useClass: ConsistencyInterceptor },
        {
          provide: LiveFeed,
          inject: [LOGGER, Lifecycle],
          useFactory: (logger: Logger, lifecycle: Lifecycle) => {
            const feed = liveFeed(config, tuning, logger);
            // Open streams would keep the server from closing, so they end first.
            lifecycle.signal.addEventListener('abort', () => void feed.close());
            lifecycle.onStop('consumers', 'live streams', () => feed.close());
            return feed;
          },
        },
        {
          provide: 'connections',
          inject: [Lifecycle],
          useFactory: (lifecycle: Lifecycle) => {
            lifecycle.onStart('database', async () => void (await pool.query('select 1')));
            lifecycle.onStop('connections', 'database', () => pool.end());
            lifecycle.onStop('connections', 'agent-manager', () => runQueue.close());
            return true;
          },
        },
      ],
    };
  }
}

function liveFeed({ kafka }: QueryApiConfig, { live, topics = eventTopics }: QueryApiTuning, logger: Logger): LiveFeed {
  const followed = topics.map((topic) => kafka.topics.nameOf(topic));
  const ended = counter('live_streams_ended', 'Live streams that ended, by reason');
  const feed = new LiveFeed(
    () => openLiveLog({ kafka, topics: followed }, logger),
    { ...defaultLiveLimits, ...live },
    (reason) => ended.add(1, { reason }),
  );
  gauge('live_streams', 'Open live streams', () => feed.streams);
  gauge('live_following', '1 while the log is followed', () => (feed.isFollowing ? 1 : 0));
  return feed;
}
