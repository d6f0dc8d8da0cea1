import { captures, folderOf, join, type FileIndex, type ImportFinder } from './import-finder';

const GO_BLOCK = /^import\s*\(([\s\S]*?)\)/gm;
const GO_SINGLE = /^import\s+(?:[\w.]+\s+)?"([^"\n]+)"/gm;
const GO_LINE = /^\s*(?:[\w.]+\s+)?"([^"\n]+)"/gm;

/** Go, by package: the folder is what is imported. `modules` maps a module's path to the folder of its go.mod. */
export function goImports(files: FileIndex, modules: ReadonlyMap<string, string>): ImportFinder {
  return {
    languages: new Set(['Go']),
    nodeOf: (path) => folderOf(path) || '.',
    importsOf(source) {
      const blocks = captures(source, GO_BLOCK).flatMap((block) => captures(block, GO_LINE));
      return [...new Set([...blocks, ...captures(source, GO_SINGLE)])];
    },
    resolve(specifier) {
      for (const [module, folder] of modules) {
        if (specifier !== module && !specifier.startsWith(`${module}/`)) continue;
        const target = join(folder, specifier.slice(module.length));
        return files.filesIn(target).some((path) => path.endsWith('.go'))
          ? { kind: 'file', path: target || '.' }
          : null;
      }
      return { kind: 'external', name: specifier };
    },
  };
}

const JAVA_IMPORT = /^\s*import\s+(?:static\s+)?([\w.]+(?:\.\*)?)\s*;?\s*$/gm;
const JAVA_PACKAGE = /^\s*package\s+([\w.]+)/m;

/** Java and Kotlin. `classes` maps a full class name to its file. */
export function javaImports(classes: ReadonlyMap<string, string>): ImportFinder {
  return {
    languages: new Set(['Java', 'Kotlin']),
    nodeOf: (path) => path,
    importsOf: (source) => captures(source, JAVA_IMPORT),
    resolve(specifier) {
      // A static import or one of a nested class names more than the class.
      for (let name = specifier.replace(/\.\*$/, ''); name.includes('.'); name = name.slice(0, name.lastIndexOf('.'))) {
        const path = classes.get(name);
        if (path !== undefined) return { kind: 'file', path };
      }
      return { kind: 'external', name: specifier.split('.').slice(0, 3).join('.') };
    },
  };
}

/** The full name of the class that a file is named after. */
export function javaClassOf(path: string, source: string): string {
  const simple = path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/, '');
  const name = JAVA_PACKAGE.exec(source)?.[1];
  return name === undefined ? simple : `${name}.${simple}`;
}

const RUST_MOD = /^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/gm;
const RUST_USE = /^\s*(?:pub(?:\([^)]*\))?\s+)?use\s+([\w:]+)/gm;

/** Rust: `mod` lines, and `use` paths of the crate itself. */
export function rustImports(files: FileIndex): ImportFinder {
  return {
    languages: new Set(['Rust']),
    nodeOf: (path) => path,
    importsOf: (source) => [...captures(source, RUST_MOD).map((name) => `mod ${name}`), ...captures(source, RUST_USE)],
    resolve(specifier, from) {
      const own = ownFolder(from);
      if (specifier.startsWith('mod ')) return module(files, join(own, specifier.slice(4)));
      const [first = '', ...path] = specifier.split('::').filter((segment) => segment !== '');
      if (first === 'crate') return longest(files, crateFolder(from), path);
      if (first === 'self') return longest(files, own, path);
      if (first === 'super') return longest(files, folderOf(own), path);
      return { kind: 'external', name: first };
    },
  };
}

function module(files: FileIndex, path: string) {
  const found = [`${path}.rs`, join(path, 'mod.rs')].find((candidate) => files.has(candidate));
  return found === undefined ? null : ({ kind: 'file', path: found } as const);
}

/** A path may end in an item of a module, so the longest part that is a file counts. */
function longest(files: FileIndex, folder: string, path: readonly string[]) {
  for (let length = path.length; length > 0; length--) {
    const found = module(files, join(folder, ...path.slice(0, length)));
    if (found !== null) return found;
  }
  return null;
}

/** Where the child modules of a file live. */
function ownFolder(path: string): string {
  return /(^|\/)(mod|lib|main)\.rs$/.test(path) ? folderOf(path) : path.replace(/\.rs$/, '');
}

function crateFolder(path: string): string {
  const parts = path.split('/');
  const src = parts.lastIndexOf('src');
  return src < 0 ? folderOf(path) : parts.slice(0, src + 1).join('/');
}
