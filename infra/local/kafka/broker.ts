import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import type { ChildProcesses, ChildSpec } from '../processes/child-processes';
import { log4jProperties, serverProperties } from './server-properties';

export interface BrokerOptions {
  readonly java: string;
  readonly jars: string;
  /** Data, configuration and the mark that the data folder was formatted completely. */
  readonly folder: string;
  readonly logFile: string;
  readonly ports: { readonly broker: number; readonly controller: number };
}

/** Writes the configuration, formats the data folder on the first use, and says how to start the broker. */
export async function prepareBroker(children: ChildProcesses, options: BrokerOptions): Promise<ChildSpec> {
  const { folder } = options;
  const files = { properties: join(folder, 'server.properties'), log4j: join(folder, 'log4j2.properties') };
  await mkdir(folder, { recursive: true });
  await writeFile(files.properties, serverProperties({ ...options.ports, dataFolder: join(folder, 'data') }));
  await writeFile(files.log4j, log4jProperties);
  await formatOnce(children, options, files.properties);
  return {
    name: 'kafka',
    command: options.java,
    args: [
      '-Xms384m',
      '-Xmx384m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:+ExitOnOutOfMemoryError',
      '-XX:-UsePerfData',
      `-Dlog4j2.configurationFile=${files.log4j}`,
      '-cp',
      join(options.jars, '*'),
      'kafka.Kafka',
      files.properties,
    ],
    env: { PATH: process.env['PATH'] },
    cwd: folder,
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
    stopDeadlineMs: 10_000,
  };
}

/** A broker opens its port when it serves. */
export function isBrokerUp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => socket.end() && resolve(true));
    socket.once('error', () => resolve(false));
  });
}

/** An interrupted format leaves no mark, and is done again on an empty folder. */
async function formatOnce(children: ChildProcesses, options: BrokerOptions, properties: string): Promise<void> {
  const { java, jars, folder, logFile } = options;
  const mark = join(folder, 'formatted');
  if (existsSync(mark)) return;
  await rm(join(folder, 'data'), { recursive: true, force: true });
  const clusterId = Buffer.from(uuid().replaceAll('-', ''), 'hex').toString('base64url');
  const tool = ['-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), 'kafka.tools.StorageTool'];
  const args = [...tool, 'format', '-t', clusterId, '-c', properties];
  await children.run({ name: 'kafka format', command: java, args, env: { PATH: process.env['PATH'] }, logFile });
  await writeFile(mark, `${clusterId}\n`);
}
