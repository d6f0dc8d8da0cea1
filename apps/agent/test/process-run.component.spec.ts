import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@codex/testing';
import { resolveAllowList } from '../src/tools/process-run/allow-list';
import { processRunTool } from '../src/tools/process-run/process-run.tool';
import { isAlive, ToolRun } from './tool.fixture';

const tool = processRunTool(resolveAllowList([process.execPath, 'sh', 'git', 'missing-program'], '/usr/bin:/bin'));
const node = process.execPath;
const script = (text: string, more: object = {}) => ({ command: node, args: ['-e', text], ...more });
const text = (outcome: { artifacts: readonly { content: Buffer }[] }) => outcome.artifacts[0]!.content.toString();

describe('process.run', () => {
  it('keeps the output of a program as an artifact', async () => {
    using run = new ToolRun(tool);
    const outcome = await run.run(script(`console.log('out'); console.error('err')`));
    expect(outcome.result).toEqual({ exitCode: 0, outputBytes: 8, isTruncated: false });
    expect(outcome.artifacts).toMatchObject([{ name: 'output.txt', mediaType: 'text/plain; charset=utf-8' }]);
    expect(text(outcome).split('\n').toSorted()).toEqual(['', 'err', 'out']);
  });

  it('runs in the scratch folder, with next to no environment and nothing to read', async () => {
    process.env['AGENT_TEST_SECRET'] = 'do not tell';
    using run = new ToolRun(tool);
    const outcome = await run.run(
      script(
        `console.log(JSON.stringify([process.cwd(), Object.keys(process.env).sort(), require('fs').readFileSync(0, 'utf8')]))`,
        {
          env: { MINE: '1' },
        },
      ),
    );
    const [cwd, names, stdin] = JSON.parse(text(outcome)) as [string, string[], string];
    expect([cwd, stdin]).toEqual([run.folder, '']);
    expect(names).toEqual(['GIT_TERMINAL_PROMPT', 'HOME', 'LANG', 'MINE', 'PATH', 'TMPDIR']);
    delete process.env['AGENT_TEST_SECRET'];
  });

  it('hands arguments over as they are: there is no shell', async () => {
    using run = new ToolRun(tool);
    const argument = '$(touch hacked); `touch hacked` && touch hacked *';
    const outcome = await run.run({ command: node, args: ['-p', 'process.argv[1]', '--', argument] });
    expect(text(outcome).trim()).toBe(argument);
    expect(existsSync(join(run.folder, 'hacked'))).toBe(false);
  });

  it.each([['curl'], ['./sh'], ['../bin/sh'], ['/bin/cat'], ['missing-program'], ['__proto__']])(
    'refuses %s, which is not on the list',
    async (command) => {
      using run = new ToolRun(tool);
      expect(await run.failure({ command })).toMatchObject({ code: 'NOT_ALLOWED', retryable: false });
    },
  );

  it.each([['NODE_OPTIONS'], ['LD_PRELOAD'], ['BASH_ENV'], ['GIT_SSH_COMMAND']])(
    'refuses the variable %s, which could load other code',
    async (name) => {
      using run = new ToolRun(tool);
      expect(await run.failure(script('0', { env: { [name]: 'x' } }))).toMatchObject({ code: 'NOT_ALLOWED' });
    },
  );

  it.each([['..'], ['/tmp'], ['a/../../b']])('refuses the working folder %s', async (cwd) => {
    using run = new ToolRun(tool);
    expect(await run.failure(script('0', { cwd }))).toMatchObject({ code: 'NOT_ALLOWED', retryable: false });
  });

  it('makes a working folder inside the scratch folder', async () => {
    using run = new ToolRun(tool);
    expect(text(await run.run(script('console.log(process.cwd())', { cwd: 'a/b' }))).trim()).toBe(
      join(run.folder, 'a/b'),
    );
  });

  it('fails with the code of the program and the end of what it said', async () => {
    using run = new ToolRun(tool);
    const failure = await run.failure(
      script(`console.error('https://me:secret@example.org is away'); process.exit(3)`),
    );
    expect(failure).toEqual({
      code: 'PROCESS_FAILED',
      message: 'the process ended with code 3: https://example.org is away',
      retryable: true,
    });
  });

  it('throws away output beyond its limit', async () => {
    using run = new ToolRun(tool);
    const outcome = await run.run(script(`process.stdout.write('x'.repeat(100_000))`, { maxOutputBytes: 1_000 }));
    expect(outcome.result).toMatchObject({ outputBytes: 1_000, isTruncated: true });
  });

  it('ends a program that takes too long, and all it started', async () => {
    using run = new ToolRun(tool);
    const child = `require('fs').writeFileSync('pids', String(process.pid)); setInterval(() => {}, 1000)`;
    const input = script(
      `process.on('SIGTERM', () => {}); require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1000)`,
      // Both programs have to start within this.
      { timeoutMs: 4_000 },
    );
    const failing = run.failure(input);
    await eventually(() => existsSync(join(run.folder, 'pids')) && readFileSync(join(run.folder, 'pids')).length > 0);
    const pid = Number(readFileSync(join(run.folder, 'pids'), 'utf8'));
    expect(await failing).toMatchObject({ code: 'TIMEOUT', retryable: true });
    await eventually(() => !isAlive(pid), { description: 'the grandchild is gone' });
  });

  it('leaves nothing running behind a program that has ended', async () => {
    using run = new ToolRun(tool);
    const child = `setInterval(() => {}, 1000)`;
    const outcome = await run.run(
      script(
        `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); child.unref(); console.log(child.pid)`,
      ),
    );
    const pid = Number(text(outcome));
    await eventually(() => !isAlive(pid), { description: 'the child is gone' });
  });

  it('stops at once when the run is cancelled', async () => {
    using run = new ToolRun(tool);
    const running = run.run(
      script(`require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)`),
    );
    await eventually(() => existsSync(join(run.folder, 'pid')));
    run.abort.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    const pid = Number(readFileSync(join(run.folder, 'pid'), 'utf8'));
    await eventually(() => !isAlive(pid));
  });

  it.each([[{}], [{ command: 'sh', shell: true }], [{ command: 'sh', args: 'x' }], [null]])(
    'refuses the input %j',
    async (input) => {
      using run = new ToolRun(tool);
      expect(await run.failure(input)).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    },
  );
});
