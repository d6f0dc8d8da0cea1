import { resolve } from 'node:path';
import { allRules } from './rules/all-rules';
import { readTree } from './source-tree';

/** `npm run arch`: checks the architecture of the whole project; names of rules as arguments narrow it down. */
const wanted = process.argv.slice(2);
const tree = readTree(resolve(__dirname, '../..'));
const rules = allRules.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const broken = rules.flatMap((rule) => [...rule.check(tree)].map((violation) => ({ ...violation, rule: rule.name })));

for (const { rule, path, line, message } of broken) console.error(`${path}:${line}  ${rule}: ${message}`);
if (broken.length > 0) process.exitCode = 1;
console.log(`arch: ${tree.files.length} files, ${rules.length} rules, ${broken.length} violations`);
