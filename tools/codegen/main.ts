import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { outputs, staleFiles } from './outputs';

/**
 * `npm run codegen` writes the generated files; `-- --check` only says which are stale; `-- --amend Name` lets a schema
 * that was never published change under its id (or vanish).
 */
const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, amend: { type: 'string', multiple: true, default: [] } },
});
const root = resolve(__dirname, '../..');
const files = outputs(root, new Set(values.amend));
const stale = staleFiles(root, files);

if (values.check && stale.length > 0) {
  console.error(`codegen: stale, run npm run codegen:\n${stale.map((file) => `  ${file}`).join('\n')}`);
  process.exitCode = 1;
} else if (values.check) console.log(`codegen: ${files.size} generated files are fresh`);
else {
  for (const file of stale) {
    mkdirSync(dirname(resolve(root, file)), { recursive: true });
    writeFileSync(resolve(root, file), files.get(file)!);
  }
  console.log(`codegen: ${files.size} files, ${stale.length} written`);
}
