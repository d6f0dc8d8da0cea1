import { setTimeout as delay } from 'node:timers/promises';
import type { OperationsApi, Rebuild } from './operations-api';
import { OpsError } from './ops-error';
import { rebuildLine } from './reports';

const POLL_MS = 250;
const UNDER_WAY: readonly string[] = ['filling', 'comparing'];

/** Starts a rebuild; with `wait` it resolves when it is swapped in and rejects when it ends in any other way. */
export async function rebuildCommand(
  api: OperationsApi,
  name: string,
  options: { readonly wait: boolean; readonly say: (line: string) => void },
): Promise<void> {
  const { generation } = await api.rebuild(name);
  options.say(`${name}: generation ${generation} is being built beside the live one`);
  if (!options.wait) return;
  const rebuild = await ended(api, name, { generation, say: options.say });
  if (rebuild.phase === 'swapped') return;
  const differences = rebuild.report?.differences.map((key) => `\n  ${key}`).join('') ?? '';
  throw new OpsError(`${name} stays as it was: ${rebuildLine(rebuild)}${differences}`);
}

async function ended(
  api: OperationsApi,
  name: string,
  { generation, say }: { readonly generation: number; readonly say: (line: string) => void },
): Promise<Rebuild> {
  for (let said = ''; ;) {
    const { rebuild } = await api.projection(name);
    if (rebuild === null || rebuild.generation !== generation) {
      throw new OpsError(`generation ${generation} of ${name} is gone: it was dropped, or replaced by another rebuild`);
    }
    const line = rebuildLine(rebuild);
    if (line !== said) say(line);
    said = line;
    if (!UNDER_WAY.includes(rebuild.phase)) return rebuild;
    await delay(POLL_MS);
  }
}
