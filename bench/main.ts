import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpus, totalmem } from 'node:os';
import type { BenchResult } from './bench-result';
import { runSuite } from './suite';

async function main(): Promise<void> {
  const root = process.cwd();
  const ids = new Set(process.argv.slice(2));
  const startedAt = new Date();
  console.log(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}\n`);
  const results = await runSuite(root, ids, (result) => console.log(row(result)));
  const folder = join(root, '.local/bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${startedAt.toISOString().replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ startedAt, cores: cpus().length, results }, null, 2)}\n`);
  console.log(`\n${results.filter(({ met }) => met).length} of ${results.length} targets met; details in ${file}`);
}

function row({ id, measure, value, unit, target, met }: BenchResult): string {
  const figure = `${value.toLocaleString('en-US')} ${unit}`;
  return `${id.padEnd(4)} ${measure.padEnd(58)} ${figure.padStart(16)}   ${target.padEnd(16)} ${met ? 'met' : 'MISSED'}`;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
