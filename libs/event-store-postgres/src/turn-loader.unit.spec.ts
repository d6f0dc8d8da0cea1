import { Unavailable } from '@codex/event-sourcing';

import { TurnLoader } from './turn-loader';

function loaderThatFails(error: Error): { readonly loader: TurnLoader<string, string>; readonly calls: string[][] } {
  const calls: string[][] = [];
  const loader = new TurnLoader<string, string>((keys) => {
    calls.push([...keys]);
    return keys.includes('bad') ? Promise.reject(error) : Promise.resolve(keys.map((key) => key.toUpperCase()));
  });
  return { loader, calls };
}

describe('TurnLoader', () => {
  it('fetches the keys of one turn together and gives each caller its own values', async () => {
    const { loader, calls } = loaderThatFails(new Error('no'));
    const loads = [loader.load(['a', 'b']), loader.load([]), loader.load(['c'])];
    expect(await Promise.all(loads)).toEqual([['A', 'B'], [], ['C']]);
    expect(calls).toEqual([['a', 'b', 'c']]);
  });

  it('lets only the caller fail whose keys are to blame', async () => {
    const { loader, calls } = loaderThatFails(new Error('no'));
    const settled = await Promise.allSettled([loader.load(['a']), loader.load(['bad']), loader.load(['c'])]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(calls).toHaveLength(4);
  });

  it('does not ask once for each caller when the database is away', async () => {
    const { loader, calls } = loaderThatFails(new Unavailable('postgres'));
    const settled = await Promise.allSettled([loader.load(['a']), loader.load(['bad'])]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(calls).toHaveLength(1);
  });
});
