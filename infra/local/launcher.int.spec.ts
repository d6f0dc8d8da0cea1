import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@codex/testing';
import { launch, type Launch } from './fixtures/launch';
import { stubClone, type StubClone } from './fixtures/stub-clone';
import { pidFile } from './processes/child-processes';
import { PidRegister } from './processes/pid-register';

const START_MS = 60_000;
jest.setTimeout(3 * START_MS);

function ready(system: Launch): Promise<NonNullable<ReturnType<Launch['system']>>> {
  const look = () => {
    const contents = system.system();
    if (!contents) throw new Error(system.output());
    return contents;
  };
  return eventually(look, { timeoutMs: START_MS, description: 'the system is ready' });
}

function nothingLeft(clone: StubClone): Promise<unknown> {
  const check = () => expect(clone.processes()).toEqual([]);
  return eventually(check, { description: 'no process is left' });
}

describe('the launcher', () => {
  let clone: StubClone;
  beforeEach(() => (clone = stubClone()));
  afterEach(async () => {
    for (const pid of clone.processes()) process.kill(pid, 'SIGKILL');
    await nothingLeft(clone);
    clone[Symbol.dispose]();
  });

  it('publishes the system, starts again what dies, and leaves nothing after Ctrl-C', async () => {
    const system = launch(clone, '--agents', '2');
    const contents = await ready(system);
    expect(Object.keys(contents).sort()).toEqual(['apiKeys', 'databases', 'gatewayUrl', 'kafkaBrokers', 'pids']);
    expect(Object.keys(contents.apiKeys).sort()).toEqual(['admin', 'agent', 'auditor', 'member', 'operator']);
    expect(Object.keys(contents.pids)).toEqual(expect.arrayContaining(['gateway', 'work-item', 'agent', 'agent-2']));
    expect(statSync(join(clone.stateDir, 'system.json')).mode & 0o777).toBe(0o600);
    expect((await fetch(contents.gatewayUrl)).status).toBe(200);

    process.kill(contents.pids['work-item'] as number, 'SIGKILL');
    await eventually(
      () => (system.system()?.pids['work-item'] ?? contents.pids['work-item']) !== contents.pids['work-item'],
    );
    expect(system.output()).toContain('work-item died (SIGKILL), again in 0.2 s');

    system.interrupt();
    expect(await system.exited).toBe(0);
    await nothingLeft(clone);
    expect(system.system()).toBeUndefined();
  });

  it.each(['initdb', 'kafka', 'project'])('leaves nothing when Ctrl-C comes as it starts %s', async (moment) => {
    const system = launch(clone);
    await eventually(() => system.running().includes(moment), { timeoutMs: START_MS, pollIntervalMs: 2 });
    system.interrupt();
    expect(await system.exited).toBe(0);
    await nothingLeft(clone);
  });

  it('leaves nothing when it is killed; the next start keeps keys and data, and ends what a killed guardian left', async () => {
    const first = launch(clone);
    const { apiKeys } = await ready(first);
    first.kill();
    await first.exited;
    await nothingLeft(clone);

    const second = launch(clone);
    await eventually(() => second.output().includes('Ready after'), { timeoutMs: START_MS });
    expect(second.system()?.apiKeys).toEqual(apiKeys);
    const orphans = PidRegister.read(pidFile(clone.stateDir)).map(({ pid }) => pid);
    process.kill(clone.processes().find(isGuardian) as number, 'SIGKILL');
    second.kill();
    await second.exited;
    expect(clone.processes()).toEqual(expect.arrayContaining(orphans));

    const third = launch(clone);
    await eventually(() => third.output().includes('a killed run had left: '), { timeoutMs: START_MS });
    expect(clone.processes().filter((pid) => orphans.includes(pid))).toEqual([]);
    third.interrupt();
    expect(await third.exited).toBe(0);
    await nothingLeft(clone);
  });
});

function isGuardian(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('guardian.mjs');
}
