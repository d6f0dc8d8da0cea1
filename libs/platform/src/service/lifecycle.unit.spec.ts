import { HealthRegistry } from '../health/health-registry';
import { createLogger } from '../logging/logger';
import { Lifecycle, StartRefused } from './lifecycle';

function lifecycle() {
  const health = new HealthRegistry();
  return { health, life: new Lifecycle(createLogger('test', 'silent'), health) };
}

async function startup(health: HealthRegistry) {
  return (await health.check()).parts.startup;
}

describe('the life of a service', () => {
  it('starts in order, and serves before what comes afterwards', async () => {
    const { life } = lifecycle();
    const seen: unknown[] = [];
    life.onServing('relay', () => void seen.push(['relay', life.servesRequests]));
    life.onStart('database', () => void seen.push(['database', life.servesRequests]));
    await life.start();
    expect(seen).toEqual([
      ['database', false],
      ['relay', true],
    ]);
  });

  it('tries a start task again until it works, and says meanwhile what it waits for', async () => {
    const { life, health } = lifecycle();
    const seen: unknown[] = [];
    life.onStart('database', async () => {
      seen.push(await startup(health));
      if (seen.length < 2) throw new Error('connection refused');
    });
    await life.start();
    expect(seen).toEqual(Array(2).fill({ status: 'down', detail: 'waiting for database' }));
    expect(await startup(health)).toEqual({ status: 'up' });
  });

  it('does not repeat what was refused', async () => {
    const { life } = lifecycle();
    const refusal = new StartRefused('finite retention');
    life.onStart('topics', () => Promise.reject(refusal));
    await expect(life.start()).rejects.toBe(refusal);
  });

  it('stops stage by stage, once, and whatever fails', async () => {
    const { life, health } = lifecycle();
    const seen: string[] = [];
    life.onStop('connections', 'pool', () => void seen.push('pool'));
    life.onStop('relay', 'relay', () => void seen.push('relay'));
    life.onStop('consumers', 'broken', () => Promise.reject(new Error('broken')));
    life.onStop('intake', 'http', () => void seen.push(`http, aborted ${life.signal.aborted}`));
    await life.start();
    await Promise.all([life.stop(), life.stop()]);
    expect(seen).toEqual(['http, aborted true', 'relay', 'pool']);
    expect(await startup(health)).toEqual({ status: 'down', detail: 'shutting down' });
    expect(life.servesRequests).toBe(false);
  });

  it('gives up starting when it is stopped', async () => {
    const { life } = lifecycle();
    life.onStart('database', async () => {
      void life.stop();
      throw new Error('away');
    });
    await life.start();
    expect(life.servesRequests).toBe(false);
  });
});
