import { eventually } from './eventually';

describe('eventually', () => {
  it('resolves with the first answer that is neither an error nor false', async () => {
    const answers: (() => unknown)[] = [
      () => {
        throw new Error('not yet');
      },
      () => false,
      () => 0,
    ];
    expect(await eventually(() => answers.shift()?.(), { pollIntervalMs: 1 })).toBe(0);
  });

  it('rejects at the deadline with the description and the last error', async () => {
    const never = eventually(() => Promise.reject(new Error('still 3 rows')), {
      timeoutMs: 30,
      description: 'no rows',
    });
    await expect(never).rejects.toThrow('no rows did not hold within 30 ms: still 3 rows');
  });

  it('does not wait for a condition that hangs', async () => {
    const never = eventually(() => new Promise<boolean>(() => undefined), { timeoutMs: 30 });
    await expect(never).rejects.toThrow('its first try did not end');
  });
});
