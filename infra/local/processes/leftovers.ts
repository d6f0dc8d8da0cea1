import { rmSync } from 'node:fs';
import { waitUntil } from '../deadline';
import { PidRegister, type RegisteredProcess } from './pid-register';
import { isAlive, signal } from './process-identity';

const PATIENCE_MS = 8000;

/**
 * Ends what a killed launcher left running and returns their names. Only processes whose pid and start time are in
 * the register are touched: a pid that was taken over by somebody else's process is left alone.
 */
export async function endLeftovers(registerFile: string): Promise<readonly string[]> {
  const left = PidRegister.read(registerFile).filter(isAlive);
  await Promise.all(left.map(end));
  rmSync(registerFile, { force: true });
  return left.map((one) => one.name);
}

async function end(leftover: RegisteredProcess): Promise<void> {
  signal(leftover, leftover.stopSignal);
  signal(leftover, 'SIGCONT');
  if (await waitUntil(() => !isAlive(leftover), PATIENCE_MS)) return;
  signal(leftover, 'SIGKILL');
  await waitUntil(() => !isAlive(leftover), PATIENCE_MS);
}
