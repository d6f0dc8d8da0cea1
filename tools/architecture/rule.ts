import type { SourceFile, SourceTree } from './source-tree';

/** A place that breaks a rule. `line` is 1 when the whole file does. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** One rule of the architecture. `test/architecture/fixtures/<name>.txt` shows what breaks it. */
export interface Rule {
  readonly name: string;
  check(tree: SourceTree): Iterable<Violation>;
}

/** A rule that looks at each file alone. */
export function fileRule(name: string, check: (file: SourceFile, tree: SourceTree) => Iterable<Violation>): Rule {
  return {
    name,
    *check(tree) {
      for (const file of tree.files) yield* check(file, tree);
    },
  };
}
