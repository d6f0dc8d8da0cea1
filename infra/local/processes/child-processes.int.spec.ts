import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '@codex/testing';
import { ChildProcesses, type ChildSpec, pidFile } from './child-processes';
import { endLeftovers } from './leftovers';
import { PidRegister } from './pid-register';
import { identify, isAlive } from './process-identity';
import { SupervisedProcess } from './supervised-process';

const root = resolve(__dirname, '../../..');
/** Says that it runs, then goes on for ever. */
const FOREVER = 'console.log("up"); setInterval(() => {}, 1000);';
const STUBBORN = `process.on("SIGTERM", () => {}); ${FOREVER}`;

describe('child processes', () => {
  let stateDir: string;
  let children: ChildProcesses;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'children-'));
    children = new ChildProcesses(root, stateDir);
  });
  afterEach(async () => {
    await children.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const spec = (code: string, changes: Partial<ChildSpec> = {}): ChildSpec => ({
    name: 'child',
    command: process.execPath,
    args: ['-e', code],
    env: {},
    logFile: join(stateDir, 'child.log'),
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 5000,
    ...changes,
  });
  const isUp = (): Promise<unknown> =>
    eventually(() => expect(readFileSync(join(stateDir, 'child.log'), 'utf8')).toContain('up'));

  it('are in the register while they run, and write to their log', async () => {
    const child = children.start(spec(FOREVER));
    await isUp();
    expect(PidRegister.read(pidFile(stateDir))).toEqual([expect.objectContaining({ name: 'child', pid: child.pid })]);
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(PidRegister.read(pidFile(stateDir))).toEqual([]);
  });

  it('are killed when they do not end in time, also when they are stopped in their tracks', async () => {
    const child = children.start(spec(STUBBORN, { stopDeadlineMs: 100 }));
    await isUp();
    child.kill('SIGSTOP');
    expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('report a program that can not be started', async () => {
    const exit = await children.start(spec('', { command: '/no/such/program' })).exited;
    expect(exit.error?.message).toContain('ENOENT');
  });

  it('that fail say why', async () => {
    const failing = children.run(spec('console.error("the reason"); process.exit(3)'));
    await expect(failing).rejects.toThrow(/child failed \(exit code 3\).*the reason/s);
  });

  it('are all ended by close, after which none can be started', async () => {
    const child = children.start(spec(FOREVER));
    await children.close();
    expect(child.hasExited()).toBe(true);
    expect(() => children.start(spec(FOREVER))).toThrow('the launcher is stopping');
  });

  it('are started again with growing pauses while they keep dying', async () => {
    const pauses: number[] = [];
    const died = (_name: string, _exit: unknown, againInMs: number) => void pauses.push(againInMs);
    const dying = new SupervisedProcess(children, spec('process.exit(1)'), { died });
    dying.start();
    await eventually(() => pauses.length >= 3);
    await dying.stop();
    expect(pauses.slice(0, 3)).toEqual([200, 400, 800]);
  });

  it('left behind are ended by the register, but never a process that has only taken over a pid', async () => {
    const left = children.start(spec(FOREVER));
    const other = children.start(spec(FOREVER, { name: 'other' }));
    const leftIdentity = identify(left.pid);
    const file = join(stateDir, 'old-pids.json');
    const stopSignal = 'SIGTERM';
    const stale = { pid: other.pid, startedAt: 'another time', name: 'stale', stopSignal };
    writeFileSync(file, JSON.stringify([{ ...leftIdentity, name: 'left', stopSignal }, stale]));
    expect(await endLeftovers(file)).toEqual(['left']);
    expect(await left.exited).toEqual({ code: null, signal: 'SIGTERM' });
    expect(other.hasExited()).toBe(false);
    expect(isAlive({ pid: other.pid, startedAt: 'another time' })).toBe(false);
  });
});
