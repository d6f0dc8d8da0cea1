import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from '../src/tools/tool';
import { ToolFailure } from '../src/tools/tool';
import { runRecipe } from '../src/worker/recipe';

describe('a recipe', () => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-recipe-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (bytes: number) => ({ name: 'out.txt', mediaType: 'text/plain', content: Buffer.alloc(bytes) });
  const tools: readonly Tool[] = [
    { name: 'say', run: (input) => Promise.resolve({ result: input as string, artifacts: [] }) },
    { name: 'write', run: (input) => Promise.resolve({ result: null, artifacts: [file(input as number)] }) },
    { name: 'refuse', run: () => Promise.reject(new ToolFailure('NO', 'no way', false)) },
    { name: 'crash', run: () => Promise.reject(new Error('secret: hunter2')) },
    {
      name: 'look',
      run: async (_, context) => ({ result: readdirSync(await context.folder()), artifacts: [] }),
    },
    {
      name: 'progress',
      run: (_, { report }) => {
        report({ percent: 50, message: 'half' });
        return Promise.resolve({ result: null, artifacts: [] });
      },
    },
    { name: 'stop', run: (_, { signal }) => Promise.reject(signal.aborted ? new Error('aborted') : new Error('?')) },
  ];
  const toolbox = new Map(tools.map((tool) => [tool.name, tool]));
  const run = (steps: readonly { tool: string; with: never }[], signal = new AbortController().signal) => {
    const reports: unknown[] = [];
    const ending = runRecipe(toolbox, {
      steps,
      folder: async () => folder,
      signal,
      report: (progress) => reports.push(progress),
    });
    return ending.then((value) => ({ value, reports }));
  };
  const step = (tool: string, input: unknown = null) => ({ tool, with: input as never });

  it('runs its steps in order', async () => {
    const { value } = await run([step('say', 1), step('say', 2)]);
    expect(value).toEqual({
      kind: 'complete',
      result: { steps: [1, 2].map((result) => ({ tool: 'say', durationMs: expect.any(Number), result })) },
      artifacts: [],
    });
  });
  it('fails with its first failure', async () => {
    const { value } = await run([step('say'), step('refuse'), step('crash')]);
    expect(value).toEqual({ kind: 'fail', error: { code: 'NO', message: 'no way' }, retryable: false });
  });
  it('does not tell what an unexpected error says', async () => {
    const { value } = await run([step('crash')]);
    expect(value).toMatchObject({ kind: 'fail', error: { code: 'TOOL_CRASHED' }, retryable: true });
    expect(JSON.stringify(value)).not.toContain('hunter2');
  });
  it('fails on a tool that it does not have', async () =>
    expect((await run([step('paint')])).value).toMatchObject({ kind: 'fail', error: { code: 'UNKNOWN_TOOL' } }));
  it('gives each step that asks for one an empty folder', async () => {
    const { value } = await run([step('say', 1), step('look'), step('look')]);
    expect(value).toMatchObject({ result: { steps: [{ result: 1 }, { result: [] }, { result: [] }] } });
    expect([1, 2, 3].map((n) => existsSync(join(folder, `step-${n}`)))).toEqual([false, true, true]);
  });
  it('keeps artifacts of the same name apart', async () => {
    const { value } = await run([step('write', 1), step('write', 2)]);
    expect(value).toMatchObject({ artifacts: [{ name: 'out.txt' }, { name: 'step-2-out.txt' }] });
  });
  it('counts progress over all steps', async () => {
    const { reports } = await run([step('progress'), step('progress')]);
    expect(reports).toEqual([
      { percent: 25, message: 'half' },
      { percent: 75, message: 'half' },
    ]);
  });
  it('fails when it leaves more than can be kept', async () => {
    const large = await run([step('write', 8 * 1024 * 1024), step('write', 1)]);
    expect(large.value).toMatchObject({ kind: 'fail', error: { code: 'ARTIFACTS_TOO_LARGE' }, retryable: false });
    const long = await run([step('say', 'x'.repeat(130 * 1024))]);
    expect(long.value).toMatchObject({ kind: 'fail', error: { code: 'RESULT_TOO_LARGE' }, retryable: false });
  });
  it('rejects when it was aborted, whatever the tool throws then', async () => {
    const abort = new AbortController();
    abort.abort(new Error('cancelled'));
    await expect(run([step('stop')], abort.signal)).rejects.toThrow('cancelled');
  });
});
