import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultSeed } from '../seed';
import type { FaultSystem } from './fault-system';

const QUESTIONS = ['operations/status', 'operations/consumers', 'operations/projections', 'agents', 'queue'];

/** Keeps what explains a failure, because the system goes with the test: what it says of itself, and all its logs. */
export async function keepRemains({ client, logs }: FaultSystem, scenario: string): Promise<string> {
  const folder = join(process.cwd(), '.local/faults', `${faultSeed} ${scenario.replaceAll(/[^\w]+/g, '-')}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(logs, join(folder, 'logs'), { recursive: true });
  for (const question of QUESTIONS) {
    const answer = await client.ask('GET', `/v1/${question}`);
    writeFileSync(join(folder, `${question.replace('/', '-')}.json`), JSON.stringify(answer, null, 2));
  }
  return folder;
}
