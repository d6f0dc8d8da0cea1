import { createLogger } from '../logging/logger';
import { HealthRegistry, type HealthStatus, type ServiceHealth } from './health-registry';
import { HealthReporter } from './health-reporter';

const logger = createLogger('test', 'silent');

describe('health', () => {
  it('is the worst of its parts, and names them', async () => {
    const registry = new HealthRegistry();
    registry.register('a', () => ({ status: 'up' }));
    expect((await registry.check()).status).toBe('up');
    registry.register('b', () => ({ status: 'degraded', detail: 'slow' }));
    expect((await registry.check()).status).toBe('degraded');
    registry.register('c', () => Promise.reject(new Error('connect 10.0.0.1')));
    expect(await registry.check()).toEqual({
      status: 'down',
      parts: {
        a: { status: 'up' },
        b: { status: 'degraded', detail: 'slow' },
        c: { status: 'down', detail: 'check failed' },
      },
    });
  });

  it('is reported when it changes, and only then', async () => {
    const registry = new HealthRegistry();
    let status: HealthStatus = 'up';
    registry.register('a', () => ({ status }));
    const heard: string[] = [];
    const reporter = new HealthReporter(registry, (health) => void heard.push(health.status), logger);
    await reporter.look();
    await reporter.look();
    status = 'down';
    await reporter.look();
    await reporter.look();
    expect(heard).toEqual(['up', 'down']);
  });

  it('is reported again while the listener fails', async () => {
    const registry = new HealthRegistry();
    const heard: ServiceHealth[] = [];
    const reporter = new HealthReporter(
      registry,
      (health) => {
        heard.push(health);
        if (heard.length === 1) throw new Error('store is away');
      },
      logger,
    );
    await reporter.look();
    await reporter.look();
    await reporter.look();
    expect(heard).toHaveLength(2);
  });
});
