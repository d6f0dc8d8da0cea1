import { ConfigInvalid, loadConfig } from '../config/load-config';
import { housekeepingConfig } from './housekeeping-config';

const load = (environment: Record<string, string>) => loadConfig({ housekeeping: housekeepingConfig }, environment);
const DAY_MS = 86_400_000;

describe('the configuration of housekeeping', () => {
  it('has defaults', () => {
    expect(load({}).housekeeping).toEqual({
      intervalMs: 60_000,
      idempotencyMs: 7 * DAY_MS,
      messagesMs: 7 * DAY_MS,
      redrivenMs: 30 * DAY_MS,
    });
  });

  it('takes days and seconds', () => {
    const environment = {
      HOUSEKEEPING_INTERVAL_S: '10',
      IDEMPOTENCY_RETENTION_DAYS: '30',
      MESSAGE_RETENTION_DAYS: '1',
    };
    expect(load(environment).housekeeping).toMatchObject({
      intervalMs: 10_000,
      idempotencyMs: 30 * DAY_MS,
      messagesMs: DAY_MS,
    });
  });

  it.each([
    ['HOUSEKEEPING_INTERVAL_S', '1'],
    ['HOUSEKEEPING_INTERVAL_S', 'often'],
    ['IDEMPOTENCY_RETENTION_DAYS', '6'],
    ['IDEMPOTENCY_RETENTION_DAYS', '7.5'],
    ['MESSAGE_RETENTION_DAYS', '0'],
    ['DEAD_LETTER_RETENTION_DAYS', '4000'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(ConfigInvalid);
    expect(() => load({ [name]: value })).toThrow(name);
  });
});
