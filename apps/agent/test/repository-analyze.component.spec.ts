import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@codex/testing';
import { repositoryAnalyzeTool } from '../src/tools/repository-analyze/repository-analyze.tool';
import type { SystemMap } from '../src/tools/repository-analyze/system-map';
import { GitRepository } from './git-repository.fixture';
import { ToolRun } from './tool.fixture';

const PATH = process.env['PATH'] ?? '/usr/bin:/bin';
const tool = repositoryAnalyzeTool({ PATH });

async function analyze(input: object): Promise<{ map: SystemMap; result: Record<string, unknown>; run: ToolRun }> {
  const run = new ToolRun(tool);
  const { result, artifacts } = await run.run(input);
  expect(artifacts).toMatchObject([{ name: 'system-map.json', mediaType: 'application/json' }]);
  return { map: JSON.parse(artifacts[0]!.content.toString()) as SystemMap, result: result as never, run };
}

describe('repository.analyze', () => {
  it('describes a repository', async () => {
    using repository = new GitRepository();
    repository.commit({
      'package.json': '{"name":"shop","dependencies":{"zod":"4.0.0"},"devDependencies":{"jest":"30"}}',
      'src/main.ts': `import { cart } from './cart';\nimport { z } from 'zod';\ncart(z);\n`,
      'src/cart.ts': `export const cart = (x: unknown) => x;\n`,
      'tools/report.py': 'import os\n',
      'logo.png': Buffer.from([0x89, 0x50, 0, 1, 2, 3]),
    });
    repository.commit({ 'src/cart.ts': `export const cart = (x: unknown) => [x];\n// twice\n` });
    const commit = repository.commit({ 'src/cart.ts': `export const cart = (x: unknown) => [x, x];\n` });
    const { map, result, run } = await analyze({ repositoryUrl: repository.url });
    expect(map.repository).toEqual({ url: repository.url, ref: null, commit, isShallow: false });
    expect(map.files).toMatchObject({ count: 5, read: 4 });
    expect(map.languages).toEqual([
      { language: 'TypeScript', files: 2, lines: 4, bytes: expect.any(Number) },
      { language: 'JSON', files: 1, lines: 1, bytes: expect.any(Number) },
      { language: 'Python', files: 1, lines: 1, bytes: 10 },
    ]);
    expect(map.manifests).toMatchObject([
      {
        path: 'package.json',
        kind: 'npm',
        name: 'shop',
        dependencies: [{ name: 'zod', scope: 'runtime' }, { name: 'jest' }],
      },
    ]);
    expect(map.modules.edges).toEqual([{ from: 'src/main.ts', to: 'src/cart.ts' }]);
    expect(map.modules.externals).toEqual([
      { name: 'os', importedBy: 1 },
      { name: 'zod', importedBy: 1 },
    ]);
    expect(map.hotSpots[0]).toMatchObject({ path: 'src/cart.ts', commits: 3, added: 4, deleted: 3 });
    expect(map.history.commits).toBe(3);
    expect(result).toMatchObject({ commit, files: 5, commits: 3, modules: { nodes: 3, edges: 1 } });
    expect(run.progress.at(-1)!.percent).toBeGreaterThan(80);
    run[Symbol.dispose]();
  });

  it('reads a branch, a tag and a commit', async () => {
    using repository = new GitRepository();
    const first = repository.commit({ 'a.ts': 'a\n' });
    repository.git('tag', 'v1');
    repository.git('branch', 'side');
    const last = repository.commit({ 'b.ts': 'b\n' });
    for (const [ref, commit] of [
      ['side', first],
      ['v1', first],
      [first, first],
      ['main', last],
    ] as const) {
      const { map, run } = await analyze({ repositoryUrl: repository.url, ref });
      expect([ref, map.repository.commit]).toEqual([ref, commit]);
      run[Symbol.dispose]();
    }
  });

  it('leaves the edge of a shallow clone out of the hot spots', async () => {
    using repository = new GitRepository();
    repository.commit({ 'old.ts': '1\n2\n3\n' });
    repository.commit({ 'new.ts': '1\n' });
    repository.commit({ 'new.ts': '2\n' });
    const { map, run } = await analyze({ repositoryUrl: repository.url, depth: 2 });
    expect(map.repository.isShallow).toBe(true);
    expect(map.hotSpots.map(({ path, commits }) => [path, commits])).toEqual([['new.ts', 1]]);
    run[Symbol.dispose]();
  });

  it('says that there is no repository', async () => {
    using run = new ToolRun(tool);
    const failure = await run.failure({ repositoryUrl: 'file:///nowhere/at/all' });
    expect(failure).toMatchObject({ code: 'REPOSITORY_NOT_FOUND', retryable: false });
  });

  it.each(['side', 'f'.repeat(40)])('says that there is no ref %s', async (ref) => {
    using repository = new GitRepository();
    repository.commit({ 'a.ts': 'a' });
    using run = new ToolRun(tool);
    const failure = await run.failure({ repositoryUrl: repository.url, ref });
    expect(failure).toMatchObject({ code: 'REF_NOT_FOUND', retryable: false });
  });

  it('says that a repository has no commits', async () => {
    using repository = new GitRepository();
    using run = new ToolRun(tool);
    expect(await run.failure({ repositoryUrl: repository.url })).toMatchObject({
      code: 'REPOSITORY_EMPTY',
      retryable: false,
    });
  });

  it('refuses a repository that is too large', async () => {
    using repository = new GitRepository();
    repository.commit({ 'data.bin': randomBytes(2_000_000) });
    using run = new ToolRun(tool);
    const failure = await run.failure({ repositoryUrl: repository.url, maxBytes: 500_000 });
    expect(failure).toMatchObject({ code: 'REPOSITORY_TOO_LARGE', retryable: false });
  });

  it('calls a repository too large when git clears away what it fetched as it is stopped', async () => {
    using slow = new SlowGit(
      `trap 'rm -r repository; exit 128' TERM; mkdir repository; head -c 3000000 /dev/zero > repository/pack; sleep 60 & wait`,
    );
    using run = new ToolRun(slow.tool);
    const failure = await run.failure({ repositoryUrl: 'file:///some/where', maxBytes: 1_000_000 });
    expect(failure).toMatchObject({ code: 'REPOSITORY_TOO_LARGE', retryable: false });
  });

  it('stops a clone that goes on for too long, or grows too large, while it runs', async () => {
    using repository = new GitRepository();
    repository.commit({ 'a.ts': 'a' });
    using slow = new SlowGit(`mkdir -p repository; head -c 3000000 /dev/zero > repository/pack; sleep 60`);
    using large = new ToolRun(slow.tool);
    const tooLarge = await large.failure({ repositoryUrl: repository.url, maxBytes: 1_000_000 });
    expect(tooLarge).toMatchObject({ code: 'REPOSITORY_TOO_LARGE' });
    using late = new ToolRun(slow.tool);
    const timedOut = await late.failure({ repositoryUrl: repository.url, timeoutMs: 500 });
    expect(timedOut).toMatchObject({ code: 'TIMEOUT', retryable: true });
  });

  it('kills the clone when the run is cancelled', async () => {
    using slow = new SlowGit(`echo $$ > pid; sleep 60`);
    using run = new ToolRun(slow.tool);
    const running = run.run({ repositoryUrl: 'file:///some/where' });
    const pidFile = join(run.folder, 'clone', 'pid');
    await eventually(() => existsSync(pidFile));
    const pid = execFileSync('cat', [pidFile], { encoding: 'utf8' }).trim();
    run.abort.abort(new Error('cancelled'));
    await expect(running).rejects.toThrow('cancelled');
    await eventually(() => !existsSync(`/proc/${pid}`), { description: 'git is gone' });
  });

  it('runs nothing of the repository, and follows no links out of it', async () => {
    using repository = new GitRepository();
    repository.commit({ '.gitattributes': '*.ts filter=evil diff=evil\n', 'a.ts': 'a\n' });
    repository.git('config', 'filter.evil.smudge', 'touch /tmp/hacked-by-filter');
    execFileSync('ln', ['-s', '/etc/passwd', join(repository.folder, 'passwd.ts')]);
    repository.commit({});
    writeFileSync(join(repository.folder, '.git/hooks/post-checkout'), '#!/bin/sh\ntouch /tmp/hacked-by-hook\n', {
      mode: 0o755,
    });
    const { map, run } = await analyze({ repositoryUrl: repository.url });
    expect(map.languages.find(({ language }) => language === 'TypeScript')).toMatchObject({ files: 1, lines: 1 });
    expect([existsSync('/tmp/hacked-by-filter'), existsSync('/tmp/hacked-by-hook')]).toEqual([false, false]);
    run[Symbol.dispose]();
  });

  it.each([
    [{ repositoryUrl: 'ext::sh -c touch% /tmp/x' }],
    [{ repositoryUrl: '--upload-pack=touch /tmp/x' }],
    [{ repositoryUrl: 'http://example.org/a.git' }],
    [{ repositoryUrl: 'https://example.org/a.git', ref: '--upload-pack=x' }],
    [{ repositoryUrl: 'https://example.org/a.git', depth: 0 }],
    [{ repositoryUrl: 'https://example.org/a.git', more: 1 }],
  ])('refuses the input %j', async (input) => {
    using run = new ToolRun(tool);
    expect(await run.failure(input)).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
  });
});

/** Puts a script in the place of git, to be slow or large on purpose. */
class SlowGit implements Disposable {
  private readonly place = new GitRepository();
  readonly tool = repositoryAnalyzeTool({ PATH: `${this.place.folder}:${PATH}` });

  constructor(script: string) {
    writeFileSync(join(this.place.folder, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  [Symbol.dispose](): void {
    this.place[Symbol.dispose]();
  }
}
