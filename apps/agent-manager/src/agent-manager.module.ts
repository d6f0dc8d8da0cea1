import { Module, type DynamicModule } from '@nestjs/common';
import { CommandRunner } from '@codex/event-sourcing';
import { CommandService, CommandServiceModule, gauge } from '@codex/platform';
import { Pool } from 'pg';
import type { AgentManagerConfig } from './agent-manager.config';
import { ClaimDesk } from './application/claim-desk';
import { ClaimRound } from './application/claim-round';
import { Heartbeats } from './application/heartbeats';
import { Liveness } from './application/liveness';
import { QueueViewer } from './application/queue-view';
import { refusalReply } from './application/refusal-reply';
import { RunEndings } from './application/run-endings';
import { SteadyBeat } from './application/steady-beat';
import { Sweeper } from './application/sweeper';
import { agentDecider } from './domain/agent.decider';
import { runDecider } from './domain/run.decider';
import { AgentsController } from './http/agents.controller';
import { ArtifactsController } from './http/artifacts.controller';
import { ClaimsController } from './http/claims.controller';
import { QueueController } from './http/queue.controller';
import { RunsController } from './http/runs.controller';
import { factsConsumer } from './messaging/facts.consumer';
import { agentRows } from './persistence/agent-directory';
import { LostBytes1760000001003 } from './persistence/lost-bytes.migration';
import { restoredRuns } from './persistence/restored-runs.projection';
import { runChores } from './persistence/run-chores';
import { RunQueue1760000001001 } from './persistence/run-queue.migration';

const SWEEP_INTERVAL_MS = 1_000;
const LIVENESS_INTERVAL_MS = 1_000;

@Module({})
export class AgentManagerModule {
  static forRoot(config: AgentManagerConfig): DynamicModule {
    return {
      module: AgentManagerModule,
      imports: [
        CommandServiceModule.forRoot({
          name: 'agent-manager',
          context: 'agent',
          config,
          migrations: [
            { table: 'agent_manager.migrations', migrations: [RunQueue1760000001001, LostBytes1760000001003] },
          ],
          inlineProjections: [agentRows],
          deciders: [agentDecider, runDecider],
          restorable: { projections: [restoredRuns] },
          chores: runChores(config.runRetention),
          refused: (refusal, stream, { type, metadata }) => refusalReply(refusal, stream, { type, metadata }),
        }),
      ],
      controllers: [AgentsController, ClaimsController, RunsController, QueueController, ArtifactsController],
      providers: [
        from(Pool, (service) => service.pool),
        from(CommandRunner, (service) => service.runner),
        from(ClaimDesk, claimDesk),
        from(Heartbeats, ({ pool, store }) => new Heartbeats(pool, store)),
        from(QueueViewer, ({ pool }) => new QueueViewer(pool)),
        withDesk(Liveness, ({ pool, runner }, desk) => new Liveness(pool, runner, () => desk.wake())),
        {
          provide: RunEndings,
          inject: [CommandService, ClaimDesk, Liveness],
          useFactory: ({ store }: CommandService, desk: ClaimDesk, liveness: Liveness) =>
            new RunEndings(store, { freed: () => desk.wake(), alive: (agentId) => liveness.notice(agentId) }),
        },
        withDesk(
          Sweeper,
          ({ pool, store, runner }, desk) =>
            new Sweeper({ sql: pool, store, commands: runner, freed: () => desk.wake() }),
        ),
      ],
    };
  }

  constructor(service: CommandService, desk: ClaimDesk, sweeper: Sweeper, liveness: Liveness) {
    const failed = (task: string) => (error: unknown) => service.logger.warn({ err: error, task }, 'tried again later');
    service.consume(factsConsumer(service.store, () => desk.queueChanged()));
    const beats = [
      new SteadyBeat({
        name: 'sweeper',
        intervalMs: SWEEP_INTERVAL_MS,
        run: async () => {
          await sweeper.endLeases();
          await sweeper.giveUpAgents();
        },
        failed: failed('sweeper'),
      }),
      new SteadyBeat({
        name: 'agent liveness',
        intervalMs: LIVENESS_INTERVAL_MS,
        run: () => liveness.flush(),
        failed: failed('agent liveness'),
      }),
    ];
    // Leases end by the database's clock, so this needs the database and must not wait for Kafka.
    for (const beat of beats) {
      service.lifecycle.onStart(beat.name, () => beat.start());
      service.lifecycle.onStop('consumers', beat.name, () => beat.stop());
    }
    gauge('claims_waiting', 'Claims that wait for work now', () => desk.waiting);
    service.lifecycle.onStop('intake', 'waiting claims', () => desk.close());
  }
}

type Token<T> = abstract new (...args: never[]) => T;

function from<T>(provide: Token<T>, make: (service: CommandService) => T) {
  return { provide, inject: [CommandService], useFactory: make };
}

function withDesk<T>(provide: Token<T>, make: (service: CommandService, desk: ClaimDesk) => T) {
  return { provide, inject: [CommandService, ClaimDesk], useFactory: make };
}

function claimDesk({ pool, store }: CommandService): ClaimDesk {
  const round = new ClaimRound(pool, store);
  return new ClaimDesk({
    serve: (tenantId, requests) => round.serve(tenantId, requests),
    queueChanged: () => round.queueChanged(),
  });
}
