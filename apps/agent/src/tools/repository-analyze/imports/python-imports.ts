import { captures, folderOf, join, type FileIndex, type ImportFinder, type ImportTarget } from './import-finder';

const FROM = /^[ \t]*from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+\(?([^#\n)]+)/gm;
const IMPORT = /^[ \t]*import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)/gm;

/** Python. What is imported from a package may be a module of it, so each name is tried as one first. */
export function pythonImports(files: FileIndex): ImportFinder {
  return {
    languages: new Set(['Python']),
    nodeOf: (path) => path,
    importsOf(source) {
      const plain = captures(source, IMPORT).flatMap((list) =>
        list.split(',').map((name) => name.trim().split(/\s/)[0]!),
      );
      const from = [...source.matchAll(FROM)].flatMap(([, module, names]) =>
        names!.split(',').map((name) => `${module}:${name.trim().split(/\s/)[0]!}`),
      );
      return [...new Set([...plain, ...from])];
    },
    resolve(specifier, from) {
      const [module = '', name = ''] = specifier.split(':');
      const dots = /^\.*/.exec(module)![0].length;
      const path = module.slice(dots).replaceAll('.', '/');
      if (dots > 0) return inFolder(files, join(folderOf(from), ...Array<string>(dots - 1).fill('..'), path), name);
      for (const root of rootsOf(from)) {
        const found = inFolder(files, join(root, path), name);
        if (found !== null) return found;
      }
      return { kind: 'external', name: module.split('.')[0]! };
    },
  };
}

function inFolder(files: FileIndex, path: string, name: string): ImportTarget {
  const candidates = [
    ...(name === '' ? [] : [join(path, `${name}.py`), join(path, name, '__init__.py')]),
    `${path}.py`,
    join(path, '__init__.py'),
  ];
  const found = candidates.find((candidate) => files.has(candidate));
  return found === undefined ? null : { kind: 'file', path: found };
}

/** Modules are found from the root, from `src`, and from the folders above the importing file. */
function rootsOf(from: string): string[] {
  const roots = ['', 'src'];
  for (let folder = folderOf(from); folder !== ''; folder = folderOf(folder)) roots.push(folder);
  return roots;
}
