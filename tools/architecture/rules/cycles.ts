import { isTestCode, unitOf } from '../places';
import type { Rule, Violation } from '../rule';
import type { SourceTree } from '../source-tree';

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/** No file imports itself over others, and no app or lib does, types included: what goes round can't be read in order. */
export const noCycles: Rule = {
  name: 'no-cycles',
  *check(tree) {
    yield* cyclesOf(fileGraph(tree), (path) => path);
    yield* cyclesOf(unitGraph(tree), (unit) => tree.files.find((file) => file.path.startsWith(`${unit}/`))!.path);
  },
};

function* cyclesOf(graph: Graph, place: (node: string) => string): Iterable<Violation> {
  for (const members of strongComponents(graph))
    if (members.length > 1)
      yield { path: place(members[0]!), line: 1, message: `imports itself: ${members.join(' -> ')} -> ${members[0]}` };
}

function fileGraph({ files, paths }: SourceTree): Graph {
  return new Map(
    files.map(({ path, imports }) => {
      const targets = imports.flatMap(({ target }) => (target !== null && paths.has(target) ? [target] : []));
      return [path, new Set(targets.filter((target) => target !== path))];
    }),
  );
}

function unitGraph({ files }: SourceTree): Graph {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of files) {
    const unit = unitOf(path);
    if (unit === null || isTestCode(path)) continue;
    const targets = graph.get(unit) ?? new Set();
    for (const { target } of imports) if (target !== null && !isTestCode(target)) targets.add(unitOf(target) ?? unit);
    targets.delete(unit);
    graph.set(unit, targets);
  }
  return graph;
}

/** Tarjan's algorithm; each component's members in sorted order. */
function strongComponents(graph: Graph): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const components: string[][] = [];
  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.get(node)!);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
    }
    if (low.get(node) === order.get(node)) components.push(stack.splice(stack.indexOf(node)).sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return components;
}
