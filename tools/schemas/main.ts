import { resolve } from 'node:path';
import { corpusFaults } from '../codegen/corpus';
import { readCorpus } from '../codegen/corpus-folder';
import { lockedSchemas, outputs, staleFiles } from '../codegen/outputs';
import { readSchemaFiles } from '../codegen/schema-files';
import { incompatibilities } from './compatibility';
import { lintSchema } from './lint';

/**
 * `npm run schemas:check`: rules of the schema files, fresh lock, compatibility with every version ever committed, and
 * the corpus of what every version wrote.
 */
const root = resolve(__dirname, '../..');
const files = readSchemaFiles(resolve(root, 'schemas/avro'));
const faults = [...files.filter((file) => file.version === null).flatMap(lintSchema), ...incompatibilities(files)];
if (faults.length === 0) faults.push(...lockFaults());

if (faults.length > 0) {
  console.error(`schemas: ${faults.length} faults\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  process.exitCode = 1;
} else console.log(`schemas: ${files.length} files keep all rules`);

function lockFaults(): string[] {
  try {
    const stale = staleFiles(root, outputs(root)).filter((file) => file.startsWith('schemas/'));
    const faults = stale.map((file) => `${file} is stale, run npm run codegen`);
    return faults.length > 0 ? faults : corpusFaults(lockedSchemas(root), readCorpus(root));
  } catch (error) {
    return [(error as Error).message];
  }
}
