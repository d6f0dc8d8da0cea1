import { StreamTurns } from './stream-turns';

describe('turns on a stream', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('come one after the other on one stream, and at once on two', async () => {
    const turns = new StreamTurns();
    const log: string[] = [];
    let finish = (): void => undefined;
    const first = turns.run('A', () => new Promise<void>((resolve) => (finish = resolve)));
    const second = turns.run('A', async () => void log.push('A'));
    await turns.run('B', async () => void log.push('B'));
    expect(log).toEqual(['B']);
    finish();
    await Promise.all([first, second]);
    expect(log).toEqual(['B', 'A']);
  });

  it('pass on from a turn that failed', async () => {
    const turns = new StreamTurns();
    const failed = turns.run('A', () => Promise.reject(new Error('no')));
    const next = turns.run('A', () => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('done');
  });

  it('do not wait for ever', async () => {
    const turns = new StreamTurns();
    void turns.run('A', () => new Promise(() => undefined));
    const next = turns.run('A', () => Promise.resolve('went ahead'));
    await jest.advanceTimersByTimeAsync(1000);
    expect(await next).toBe('went ahead');
  });
});
