// The fault suite: `npm run faults -- [--seed N] [--long] [PATH...]`. The seed is printed, so that a run can be repeated.
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bootstrap, root, run } from './bootstrap.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' }, long: { type: 'boolean', default: false } },
});
const seed = values.seed ?? String(randomInt(0xff_ff_ff_ff));
if (!/^\d{1,10}$/.test(seed) || Number(seed) > 0xff_ff_ff_ff) {
  console.error(`--seed is a whole number from 0 to 4294967295, not "${seed}"`);
  process.exit(2);
}
process.env.FAULT_SEED = seed;
process.env.FAULT_LONG = values.long ? '1' : '';

const node = await bootstrap();
console.log(`Fault suite, ${values.long ? 'long' : 'short'}, seed ${seed}`);
const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
const paths = positionals.length > 0 ? ['--', ...positionals] : [];
process.exitCode = await run(node, [...jest, '--selectProjects', 'fault', '--runInBand', ...paths]);
console.log(`\nAgain: npm run faults -- --seed ${seed}${values.long ? ' --long' : ''}`);
