import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Ed25519Jwk } from '../config/config-slices';
import { HealthRegistry } from '../health/health-registry';
import { createLogger, NestLogger } from '../logging/logger';
import { createServer, ProblemFastifyAdapter } from './fastify-server';
import { Lifecycle } from './lifecycle';
import { lazyOpenApi } from './openapi';
import { registerOperationsRoutes } from './operations-routes';
import { PlatformModule } from './platform.module';

/** The slices every service has. Without `internalAuth` only public routes answer. */
export interface ServiceConfig {
  readonly http: { readonly port: number; readonly host: string; readonly logLevel: string };
  readonly internalAuth?: { readonly publicKey: Ed25519Jwk };
}

/** What a service is made of, besides its root module. */
export interface ServiceOptions {
  readonly name: string;
  readonly config: ServiceConfig;
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number;
  /** Default: JSON on stdout. */
  readonly logger?: Logger;
  /** Adds routes, hooks or plugins below Nest, before its routes. A `/openapi.json` of its own replaces the generated one. */
  readonly configureServer?: (server: FastifyInstance, service: Service) => void | Promise<void>;
}

/** A service that is built but does not listen yet. */
export interface Service {
  readonly app: NestFastifyApplication;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly health: HealthRegistry;
  /** Listens, then runs the start tasks in the background (`started`). Resolves to the base URL. */
  listen(): Promise<string>;
  /** Resolves when every start task is done; rejects with `StartRefused`. */
  readonly started: Promise<void>;
  /** Stops intake, finishes what is in flight, then stops consumers, relay and connections. Safe to call twice. */
  stop(): Promise<void>;
}

const BODY_LIMIT_BYTES = 1024 * 1024;

/**
 * Builds a Nest service on Fastify with the platform around it: logs, metrics, probes, OpenAPI, problem+json, schema
 * validation, internal authentication, correlation and an orderly life. Opens no connection and no port.
 */
export async function createService(root: Type | DynamicModule, options: ServiceOptions): Promise<Service> {
  const logger = options.logger ?? createLogger(options.name, options.config.http.logLevel as never);
  const health = new HealthRegistry();
  const lifecycle = new Lifecycle(logger, health);
  const server = createServer({ logger, lifecycle, bodyLimitBytes: options.bodyLimitBytes ?? BODY_LIMIT_BYTES });
  const platform = PlatformModule.forRoot({
    logger,
    health,
    lifecycle,
    publicKey: options.config.internalAuth?.publicKey ?? null,
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: class ServiceRoot {}, imports: [platform, root] },
    new ProblemFastifyAdapter(server),
    { logger: new NestLogger(logger), bodyParser: false, abortOnError: false },
  );
  const service = new RunningService(app, logger, lifecycle, health, options.config.http);
  await options.configureServer?.(server, service);
  registerOperationsRoutes(
    server,
    health,
    lazyOpenApi(() => app, options.name),
  );
  await app.init();
  return service;
}

class RunningService implements Service {
  readonly started: Promise<void>;
  private markStarted!: (outcome: Promise<void>) => void;

  constructor(
    readonly app: NestFastifyApplication,
    readonly logger: Logger,
    readonly lifecycle: Lifecycle,
    readonly health: HealthRegistry,
    private readonly http: ServiceConfig['http'],
  ) {
    this.started = new Promise((resolve) => (this.markStarted = resolve));
    this.started.catch(() => {});
    lifecycle.onStop('intake', 'http server', async () => void (await app.getHttpAdapter().getInstance().close()));
  }

  async listen(): Promise<string> {
    await this.app.listen(this.http.port, this.http.host);
    this.markStarted(this.lifecycle.start());
    const url = await this.app.getUrl();
    this.logger.info({ url }, 'listening');
    return url;
  }

  async stop(): Promise<void> {
    await this.lifecycle.stop();
    await this.app.close();
  }
}
