import type { DynamicModule, Type } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { ConfigInvalid } from '../config/load-config';
import { observeProcess } from '../metrics/metrics';
import { stopTracing } from '../tracing-preload';
import { createService, type Service, type ServiceConfig, type ServiceOptions } from './create-service';

/** How a process becomes a service. `config` runs first and may throw `ConfigInvalid`. */
export interface BootstrapOptions<Config extends ServiceConfig> extends Pick<ServiceOptions, 'bodyLimitBytes'> {
  readonly name: string;
  readonly config: () => Config;
  readonly module: (config: Config) => Type | DynamicModule;
  /** As in `ServiceOptions`, with the config. */
  readonly configureServer?: (server: FastifyInstance, service: Service, config: Config) => void | Promise<void>;
}

const SHUTDOWN_DEADLINE_MS = 10_000;

/**
 * The whole of a `main.ts`: load the config or list its mistakes and end, build, listen, start, and stop in order on
 * SIGTERM or SIGINT. What hangs in the shutdown is cut off after 10 s. An error nobody caught ends the process: its
 * state is unknown, and everything that was acknowledged is durable.
 */
export async function bootstrap<Config extends ServiceConfig>(options: BootstrapOptions<Config>): Promise<void> {
  try {
    const config = options.config();
    const { name, bodyLimitBytes, configureServer } = options;
    const service = await createService(options.module(config), {
      name,
      config,
      ...(bodyLimitBytes === undefined ? {} : { bodyLimitBytes }),
      configureServer: (server, built) => configureServer?.(server, built, config),
    });
    endOnSignals(service);
    endOnCrashes(service);
    observeProcess();
    await service.listen();
    await service.started;
    returnStartupMemory();
  } catch (error) {
    const text = error instanceof ConfigInvalid ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${options.name} does not start: ${text}\n`);
    process.exit(1);
  }
}

/**
 * Gives what loading and compiling left behind back to the system, once, where the process was started with
 * `--expose-gc`: 150 MB become 130. V8 would do so by itself only if the service did nothing at all for a while.
 */
function returnStartupMemory(): void {
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function endOnSignals(service: Service): void {
  let stopping = false;
  const end = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    service.logger.info({ signal }, 'stopping');
    setTimeout(() => {
      service.logger.error('the shutdown took too long and is cut off');
      process.exit(1);
    }, SHUTDOWN_DEADLINE_MS).unref();
    void service
      .stop()
      .then(stopTracing)
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function endOnCrashes(service: Service): void {
  const crash = (error: unknown): void => {
    service.logger.fatal({ err: error }, 'uncaught error');
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
