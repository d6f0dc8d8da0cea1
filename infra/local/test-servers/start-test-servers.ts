import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removePostgresData } from '../postgres/placement';
import { ChildProcesses } from '../processes/child-processes';
import { type Progress, quietProgress } from '../progress';
import { startServers } from '../servers';
import { containerServers } from './container-servers';
import type { TestServers } from './test-servers';

const DOCKER_ANSWER_MS = 2000;

/**
 * Servers for one test run: those given by DATABASE_URL and KAFKA_BROKERS, else containers when a Docker daemon
 * answers, else embedded ones in a temporary folder that goes with them.
 */
export async function startTestServers(root: string, progress: Progress = quietProgress): Promise<TestServers> {
  const databaseUrl = process.env['DATABASE_URL'];
  const brokers = process.env['KAFKA_BROKERS'];
  if (databaseUrl && brokers) {
    return { databaseUrl, kafkaBrokers: brokers.split(','), stop: async () => undefined };
  }
  return (await dockerAnswers()) ? containerServers() : embeddedServers(root, progress);
}

async function dockerAnswers(): Promise<boolean> {
  const asked = promisify(execFile)('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeout: DOCKER_ANSWER_MS,
  });
  return asked.then(
    () => true,
    () => false,
  );
}

async function embeddedServers(root: string, progress: Progress): Promise<TestServers> {
  const stateDir = mkdtempSync(join(tmpdir(), 'codex-test-'));
  chmodSync(stateDir, 0o755);
  const children = new ChildProcesses(root, stateDir);
  const discard = async (): Promise<void> => {
    await children.close();
    removePostgresData(stateDir);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const password = randomBytes(16).toString('hex');
    const servers = await startServers({ root, stateDir, children, progress, password });
    const stop = async (): Promise<void> => {
      await servers.stop();
      await discard();
    };
    return { databaseUrl: servers.databaseUrl, kafkaBrokers: servers.kafkaBrokers, stop };
  } catch (error) {
    await discard();
    throw error;
  }
}
