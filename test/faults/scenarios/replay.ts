import { eventually } from '@codex/testing';
import { readModels } from '../../../apps/projector/src/projections/read-models';
import type { FaultSystem } from '../system/fault-system';
import { all } from './all';

const PATIENCE_MS = 120_000;

interface RebuildView {
  readonly rebuild: {
    readonly generation: number;
    readonly phase: string;
    readonly report: { readonly equal: boolean; readonly differences: readonly string[] } | null;
  } | null;
}

/** Every read model is built anew from offset 0 and has to come out equal to the live one, row by row. */
export async function rebuildEverything(system: FaultSystem): Promise<number> {
  await all(readModels.map(({ name }) => rebuildOne(system, name)));
  return readModels.length;
}

async function rebuildOne({ client }: FaultSystem, name: string): Promise<void> {
  const path = `/v1/operations/projections/${name}`;
  const started = await client.ask('POST', `${path}/rebuild`);
  if (started?.status !== 202) throw new Error(`${name} is not rebuilt: ${JSON.stringify(started)}`);
  const { rebuild } = await eventually(
    async () => {
      const view = (await client.ask('GET', path))?.body as RebuildView | undefined;
      const isOver = view?.rebuild?.phase === 'swapped' || view?.rebuild?.phase === 'unequal';
      return isOver && view.rebuild?.generation === started.body['generation'] ? view : false;
    },
    { timeoutMs: PATIENCE_MS, pollIntervalMs: 200, description: `the rebuild of ${name}` },
  );
  if (rebuild?.report?.equal !== true)
    throw new Error(`${name} was rebuilt and differs: ${JSON.stringify(rebuild?.report)}`);
}
