import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { initialProcess, processDecider, type AnyProcessDefinition, type ProcessState } from '@codex/process-manager';
import { workItemCreation } from '../../apps/work-item/src/processes/work-item-creation.process';
import { workItemRetry } from '../../apps/work-item/src/processes/work-item-retry.process';
import {
  cancelling,
  eventsOf,
  friendly,
  goOn,
  recordOf,
  silent,
  type StoredHistory,
  type World,
} from './process-stories';

const FOLDER = join(__dirname, 'processes');
const definitions: readonly AnyProcessDefinition[] = [workItemCreation, workItemRetry];
const FINAL = ['completed', 'compensated'];

type Recording = Readonly<Record<string, StoredHistory>>;

it('keeps the definition of every recorded version; a recording goes when no instance of it lives any more', () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(definitions.map(fileOf).toSorted());
});

describe.each(definitions.map((definition) => [fileOf(definition), definition] as const))('%s', (file, definition) => {
  const recorded = recordingIn(file);

  it('holds what this version stores; another plan is another version', () => {
    const today = recordOf(definition);
    if (recorded === null) throw new Error(`write this into ${join(FOLDER, file)}:\n${JSON.stringify(today)}`);
    expect(read(today)).toEqual(read(recorded));
  });

  it('is gone on with to its end, from every place', () => {
    for (const history of Object.values(recorded ?? {})) {
      for (const end of history.keys()) {
        for (const world of [friendly, cancelling(), silent()]) {
          expect(FINAL).toContain(statusAtTheEnd(definition, stateAfter(history, end), world));
        }
      }
    }
  });
});

function fileOf({ name, version }: AnyProcessDefinition): string {
  return `${name}-${version}.json`;
}

function recordingIn(file: string): Recording | null {
  const path = join(FOLDER, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Recording) : null;
}

function read(recording: Recording) {
  return Object.entries(recording).map(([story, history]) => [story, eventsOf(history, history.length)]);
}

function stateAfter(history: StoredHistory, end: number): ProcessState {
  return eventsOf(history, end).reduce<ProcessState>(
    (state, event) => processDecider.evolve(state, event),
    initialProcess(),
  );
}

function statusAtTheEnd(definition: AnyProcessDefinition, state: ProcessState, world: World): string {
  return (goOn(definition, state, world).at(-1)?.state ?? state).status;
}
