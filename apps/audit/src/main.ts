import { bootstrap, loadConfig } from '@codex/platform';
import { auditConfig } from './audit.config';
import { AuditModule } from './audit.module';

void bootstrap({
  name: 'audit',
  config: () => loadConfig(auditConfig),
  module: (config) => AuditModule.forRoot(config),
});
