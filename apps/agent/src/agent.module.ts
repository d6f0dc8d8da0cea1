import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { continueFrom, counter, gauge, HealthRegistry, Lifecycle, LOGGER } from '@codex/platform';
import type { Logger } from 'pino';
import type { AgentConfig } from './agent.config';
import { GatewayClient } from './gateway/gateway-client';
import { buildToolbox } from './tools/toolbox';
import { runRecipe } from './worker/recipe';
import { Worker } from './worker/worker';
import { Workspace } from './worker/workspace';

const CONFIG = Symbol('agent config');
const VERSION = '0.1.0';

/** The worker with its life: it registers and claims from the start to the shutdown of the process. */
@Module({})
export class AgentModule {
  static forRoot(config: AgentConfig): DynamicModule {
    return { module: AgentModule, providers: [{ provide: CONFIG, useValue: config }] };
  }

  constructor(
    @Inject(CONFIG) private readonly config: AgentConfig,
    @Inject(LOGGER) private readonly logger: Logger,
    lifecycle: Lifecycle,
    health: HealthRegistry,
  ) {
    const { identity, gatewayUrl } = config;
    const workspace = new Workspace(identity.workspace);
    const client = new GatewayClient(gatewayUrl, identity.apiKey, identity.slots + 4);
    let worker: Worker | undefined;
    lifecycle.onStart('workspace', () => workspace.prepare());
    lifecycle.onServing('worker', async () => {
      worker ??= await this.build(client, workspace);
      worker.start();
    });
    lifecycle.onStop('intake', 'worker', () => worker?.stop());
    lifecycle.onStop('connections', 'gateway', () => client.close());
    health.register('gateway', () => {
      const trouble = worker === undefined ? 'not started' : worker.trouble;
      return trouble === null ? { status: 'up' } : { status: 'degraded', detail: trouble };
    });
    gauge('agent_busy_slots', 'Runs at work now', () => worker?.busySlots ?? 0);
  }

  private async build(client: GatewayClient, workspace: Workspace): Promise<Worker> {
    const { identity, machine } = this.config;
    const tools = await buildToolbox({ allowed: identity.allowed, machine });
    const ended = counter('agent_runs', 'Runs that ended here');
    return new Worker({
      client,
      profile: { name: identity.name, slots: identity.slots, capabilities: [...tools.keys()], version: VERSION },
      work: (run, signal, report) =>
        continueFrom(run.traceparent ?? undefined, { name: 'run recipe', kind: 'consumer' }, () =>
          workspace.within(run.runId, (folder) =>
            runRecipe(tools, { steps: run.toolRecipe.steps, folder, signal, report }),
          ),
        ),
      logger: this.logger,
      ended: (outcome) => ended.add(1, { outcome }),
    });
  }
}
