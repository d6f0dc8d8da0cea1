import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceTree } from '../../tools/architecture/source-tree';
import { treeOf } from '../../tools/architecture/source-tree';

/** A small project in one text file, with the places a rule must find. */
export interface Fixture {
  readonly tree: SourceTree;
  /** `<path>:<line>` of each line that ends with the marker. */
  readonly expected: readonly string[];
}

const FOLDER = join(__dirname, 'fixtures');
const HEADING = /^=== (\S+)(?: x(\d+))?$/;
const MARKER = '// !';

/** The names of all fixtures: each is the name of a rule. */
export function fixtureNames(): string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.txt$/, ''));
}

/**
 * Reads `fixtures/<name>.txt`: files behind headings `=== <path>`, or `=== <path> x<n>` for n lines of the same. A line
 * that ends with `// !` must be reported; every other must not.
 */
export function readFixture(name: string): Fixture {
  const sections = readFileSync(join(FOLDER, `${name}.txt`), 'utf8').split(/^(?==== )/m);
  const texts = new Map([['tsconfig.json', readFileSync(join(__dirname, '../../tsconfig.json'), 'utf8')]]);
  const expected: string[] = [];
  for (const section of sections) {
    const [heading = '', ...lines] = section.replace(/\n$/, '').split('\n');
    const [, path, times] = HEADING.exec(heading) ?? [];
    if (path === undefined) throw new Error(`${name}: "${heading}" is no heading`);
    for (const [i, line] of lines.entries()) if (line.endsWith(MARKER)) expected.push(`${path}:${i + 1}`);
    const content = times === undefined ? lines : Array.from({ length: Number(times) }, () => lines[0]);
    texts.set(path, content.join('\n'));
  }
  return { tree: treeOf(texts), expected: expected.sort() };
}
