import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import type { Logger } from 'pino';
import { InternalAuthGuard } from '../auth/internal-auth.guard';
import { InternalTokenVerifier } from '../auth/internal-token';
import type { Ed25519Jwk } from '../config/config-slices';
import { HealthRegistry } from '../health/health-registry';
import { SchemaValidationPipe } from '../http/schema-validation.pipe';
import { ProblemFilter } from '../problems/problem-handler';
import { Lifecycle } from './lifecycle';
import { LOGGER } from './platform-tokens';

/** What every module may inject: {@link LOGGER}, {@link HealthRegistry}, {@link Lifecycle}. */
export interface PlatformParts {
  readonly logger: Logger;
  readonly health: HealthRegistry;
  readonly lifecycle: Lifecycle;
  readonly publicKey: Ed25519Jwk | null;
}

/** Guard, filter, pipe, and the parts of {@link PlatformParts}, for the whole service. */
@Module({})
export class PlatformModule {
  static forRoot({ logger, health, lifecycle, publicKey }: PlatformParts): DynamicModule {
    const verifier = publicKey === null ? null : new InternalTokenVerifier(publicKey);
    const parts = [
      { provide: LOGGER, useValue: logger },
      { provide: HealthRegistry, useValue: health },
      { provide: Lifecycle, useValue: lifecycle },
    ];
    return {
      module: PlatformModule,
      global: true,
      providers: [
        ...parts,
        { provide: APP_GUARD, useValue: new InternalAuthGuard(verifier) },
        { provide: APP_FILTER, useValue: new ProblemFilter(logger) },
        { provide: APP_PIPE, useValue: new SchemaValidationPipe() },
      ],
      exports: parts.map((part) => part.provide),
    };
  }
}
