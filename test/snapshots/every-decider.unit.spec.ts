import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeState, encodeState, fold } from '@codex/event-sourcing';
import { transformSync } from '@swc/core';
import fc from 'fast-check';
import { anyEvents } from './any-event';
import { deciders, type FoldedDecider } from './deciders';

const ROOT = join(__dirname, '../..');
const VERSIONS_FILE = 'test/snapshots/state-versions.json';

describe.each(deciders.map((entry) => [entry.decider.category, entry] as const))(
  'the fold of %s',
  (category, entry) => {
    const { decider } = entry;

    it('goes on from a snapshot as if it had seen every event', () => {
      fc.assert(
        fc.property(anyEvents(category), fc.nat(), (events, at) => {
          const cut = at % (events.length + 1);
          const before = fold(decider, decider.initialState(), events.slice(0, cut));
          const resumed = fold(decider, decodeState(encodeState(before)), events.slice(cut));
          expect(resumed).toStrictEqual(fold(decider, decider.initialState(), events));
        }),
        { numRuns: 200 },
      );
    });

    it(`has another stateVersion when its code changed (then write the new hash into ${VERSIONS_FILE})`, () => {
      const known = JSON.parse(readFileSync(join(ROOT, VERSIONS_FILE), 'utf8')) as Record<string, object>;
      expect({ [category]: known[category] }).toEqual({
        [category]: { stateVersion: decider.stateVersion, fold: foldHash(entry) },
      });
    });
  },
);

it('is about every decider there is', () => {
  const files = globSync('{apps,libs}/*/src/**/*.decider.ts', { cwd: ROOT });
  const others = globSync('libs/*/src/*-decider.ts', { cwd: ROOT });
  expect([...files, ...others]).toHaveLength(deciders.length);
});

/** Of the code without comments and layout, which change no state. */
function foldHash({ foldFiles }: FoldedDecider): string {
  const hash = createHash('sha256');
  for (const file of foldFiles) {
    const { code } = transformSync(readFileSync(join(ROOT, file), 'utf8'), {
      jsc: {
        parser: { syntax: 'typescript' },
        target: 'es2023',
        preserveAllComments: false,
        minify: { compress: false },
      },
      minify: true,
    });
    hash.update(code);
  }
  return hash.digest('hex').slice(0, 16);
}
