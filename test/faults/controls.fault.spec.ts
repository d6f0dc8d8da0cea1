import { eventually } from '@codex/testing';
import { collectEvidence } from './auditor/collect/collect-evidence';
import { judge } from './auditor/judge';
import { settle } from './auditor/settled';
import { brokenCopy, type BrokenCopy } from './controls/broken-copy';
import { controls, type Control } from './controls/controls';
import { tellStory } from './controls/story';
import { isLong } from './seed';
import { startFaultSystem, type FaultSystem } from './system/fault-system';

const LIMIT_MS = 180_000;
/** All breakages in one system, because they touch different things; when there is time each in one of its own as well. */
const groups: readonly (readonly Control[])[] = isLong ? [controls, ...controls.map((one) => [one])] : [controls];

describe('the auditor, run against systems that are broken on purpose', () => {
  it.each(groups.map((group) => ({ group, names: group.map(({ name }) => name).join('; ') })))(
    'notices $names',
    async ({ group }) => {
      const copy = brokenCopy(group.map(({ breakage }) => breakage));
      await withSystem(copy, async (system) => {
        await tellStory(system);
        await eventually(
          async () => {
            const findings = judge(await collectEvidence(system.running.contents(), system.journal));
            const noticed = group.filter(({ rule, isNoticed }) =>
              findings.some((finding) => finding.rule === rule && isNoticed(finding)),
            );
            expect(noticed.map(({ name }) => name)).toEqual(group.map(({ name }) => name));
          },
          { timeoutMs: 60_000, pollIntervalMs: 500, description: 'the findings' },
        );
      });
    },
    LIMIT_MS,
  );

  if (isLong) {
    it(
      'finds nothing when nothing is broken',
      async () => {
        const copy = brokenCopy([]);
        await withSystem(copy, async (system) => {
          await tellStory(system);
          await expect(settle(system)).resolves.toBeDefined();
        });
      },
      LIMIT_MS,
    );
  }

  it('is not fooled by a breakage that hits nothing', () => {
    const nowhere = { file: 'apps/audit/src/main.js', from: 'no such text', to: '' };
    expect(() => brokenCopy([nowhere])).toThrow('has 0 times "no such text", not once');
  });
});

async function withSystem(copy: BrokenCopy, work: (system: FaultSystem) => Promise<void>): Promise<void> {
  let system: FaultSystem | undefined;
  try {
    system = await startFaultSystem({ root: copy.root, agents: 0 });
    await work(system);
  } finally {
    await system?.stop();
    copy.dispose();
  }
}
