import { bootstrap, loadConfig } from '@codex/platform';
import { notificationConfig } from './notification.config';
import { NotificationModule } from './notification.module';

void bootstrap({
  name: 'notification',
  config: () => loadConfig(notificationConfig),
  module: (config) => NotificationModule.forRoot(config),
});
