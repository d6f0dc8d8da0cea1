import { Module, type DynamicModule } from '@nestjs/common';
import { inboxMigrations } from '@codex/kafka-messaging';
import { ConsumerHost, ConsumersModule, Lifecycle } from '@codex/platform';
import { classified, createPool, runMigrations } from '@codex/postgres';
import { AUDIT_POOL } from './audit-pool';
import type { AuditConfig } from './audit.config';
import { AuditRecordsController } from './http/audit-records.controller';
import { auditConsumer, recordedTopics } from './messaging/audit.consumer';
import { auditMigrations } from './persistence/audit.migrations';

@Module({})
export class AuditModule {
  static forRoot(config: AuditConfig, topics: readonly string[] = recordedTopics): DynamicModule {
    const pool = createPool({ ...config.database, applicationName: 'audit' });
    return {
      module: AuditModule,
      imports: [ConsumersModule.forRoot({ ...config, name: 'audit', pool })],
      controllers: [AuditRecordsController],
      providers: [
        { provide: AUDIT_POOL, useValue: classified(pool) },
        {
          provide: 'recorder',
          inject: [Lifecycle, ConsumerHost],
          useFactory: (lifecycle: Lifecycle, consumers: ConsumerHost) => {
            lifecycle.onStart('migrations', async () => {
              await runMigrations(pool, 'audit_meta.migrations', [...inboxMigrations, ...auditMigrations]);
            });
            lifecycle.onStop('connections', 'database', () => pool.end());
            consumers.consume(auditConsumer(pool, topics));
            return true;
          },
        },
      ],
    };
  }
}
