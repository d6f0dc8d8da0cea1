import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConnection } from './connection';
import { OperationsApi, type Rebuild } from './operations-api';
import { OpsError } from './ops-error';
import { rebuildCommand } from './rebuild-command';
import { rebuildLine } from './reports';
import { table } from './table';

const report = { equal: true, live: { rows: 2 }, rebuilt: { rows: 2 }, parked: [], differences: [] };
const rebuild: Rebuild = {
  generation: 2,
  phase: 'filling',
  done: 1,
  total: 3,
  percent: 33.3,
  secondsLeft: 2,
  error: null,
  report: null,
};

describe('the connection', () => {
  const root = mkdtempSync(join(tmpdir(), 'ops-'));

  afterAll(() => rmSync(root, { recursive: true }));

  it('says what to do when nothing runs', () => {
    expect(() => findConnection({ env: {}, root })).toThrow(/npm start/);
  });

  it('is what was named first: options, the environment, the system that runs here', () => {
    mkdirSync(join(root, '.local'));
    const system = { gatewayUrl: 'http://here:1/', apiKeys: { operator: 'local' } };
    writeFileSync(join(root, '.local', 'system.json'), JSON.stringify(system));
    const env = { CODEX_URL: 'http://env/', CODEX_API_KEY: 'e' };
    expect(findConnection({ env: {}, root })).toEqual({ url: 'http://here:1', apiKey: 'local' });
    expect(findConnection({ env, root })).toEqual({ url: 'http://env', apiKey: 'e' });
    expect(findConnection({ url: 'http://o', key: 'k', env, root })).toEqual({ url: 'http://o', apiKey: 'k' });
    expect(() => findConnection({ url: 'http://o', env: {}, root })).toThrow(/--key/);
  });

  it('is refused by a broken file', () => {
    writeFileSync(join(root, '.local', 'system.json'), '{}');
    expect(() => findConnection({ env: {}, root })).toThrow(OpsError);
  });
});

describe('an operation', () => {
  it('says so when nobody answers', async () => {
    const api = new OperationsApi({ url: 'http://127.0.0.1:1', apiKey: 'x' });
    await expect(api.status()).rejects.toThrow('http://127.0.0.1:1 does not answer');
  });
});

describe('a rebuild', () => {
  const apiOf = (...steps: readonly (Rebuild | null)[]) => {
    const left = [...steps];
    const projection = () => Promise.resolve({ rebuild: left.length > 1 ? left.shift()! : left[0]! });
    return { rebuild: () => Promise.resolve({ generation: 2 }), projection } as unknown as OperationsApi;
  };
  const run = async (api: OperationsApi, wait = true): Promise<string[]> => {
    const lines: string[] = [];
    await rebuildCommand(api, 'work_items', { wait, say: (line) => lines.push(line) });
    return lines;
  };

  it('is only started, unless it is waited for', async () => {
    expect(await run(apiOf(rebuild), false)).toHaveLength(1);
    const lines = await run(apiOf(rebuild, { ...rebuild, phase: 'swapped', report }));
    expect(lines.slice(1)).toEqual([
      'generation 2 filling, 1 of 3 messages, 33.3 %, about 2 s left',
      'generation 2 swapped, 2 rows, equal',
    ]);
  });

  it('fails with the differences when it ends unequal, and when it fails', async () => {
    const unequal = { ...report, equal: false, differences: ['row-1'] };
    await expect(run(apiOf({ ...rebuild, phase: 'unequal', report: unequal }))).rejects.toThrow(/different\n {2}row-1/);
    await expect(run(apiOf({ ...rebuild, phase: 'failed', error: 'log behind' }))).rejects.toThrow(/log behind/);
    await expect(run(apiOf(null))).rejects.toThrow(/is gone/);
  });

  it('mentions what was left out', () => {
    const left = { ...report, parked: ['a', 'b'] };
    expect(rebuildLine({ ...rebuild, phase: 'swapped', report: left })).toMatch(/, 2 parked left out$/);
  });
});

describe('a table', () => {
  it('lines columns up', () => {
    expect(
      table(
        ['a', 'long'],
        [
          ['x', 1],
          ['wide', null],
        ],
      ),
    ).toBe('a     long\nx     1\nwide  -');
  });
});
