import { languageOf } from './languages';
import { isManifest, parseManifest } from './manifests';
import { moduleGraph, type GraphLimits } from './module-graph';

function graph(files: Readonly<Record<string, string>>, limits: GraphLimits = { nodes: 100, edges: 100 }) {
  const sources = Object.entries(files).flatMap(([path, text]) => {
    const language = languageOf(path);
    return language === null ? [] : [{ path, language, text }];
  });
  const manifests = Object.entries(files).flatMap(([path, text]) =>
    isManifest(path) ? [parseManifest(path, text)] : [],
  );
  return moduleGraph(
    sources,
    { paths: Object.keys(files), manifests, tsconfig: files['tsconfig.json'] ?? null },
    limits,
  );
}

const edges = (files: Readonly<Record<string, string>>) => graph(files).edges.map(({ from, to }) => `${from} -> ${to}`);
const externals = (files: Readonly<Record<string, string>>) => graph(files).externals.map(({ name }) => name);

describe('the module graph', () => {
  it('follows imports of TypeScript and JavaScript in all their forms', () => {
    const main = [
      `import a from './a';`,
      `import {\n  b,\n  c,\n} from "./b.js";`,
      `import type { D } from './types';`,
      `import './effect.css'; import './e';`,
      `export * from '../f';`,
      `const g = require('./g'); const h = await import('./h/');`,
      `// import x from './a-comment-does-no-harm-when-it-is-missing';`,
    ].join('\n');
    const files = { 'src/main.ts': main, 'src/a.ts': '', 'src/b.ts': '', 'src/types.d.ts': '', 'src/e.tsx': '' };
    const more = { 'f.ts': '', 'src/g.cjs': '', 'src/h/index.js': '' };
    expect(edges({ ...files, ...more }).toSorted()).toEqual([
      'src/main.ts -> f.ts',
      'src/main.ts -> src/a.ts',
      'src/main.ts -> src/b.ts',
      'src/main.ts -> src/e.tsx',
      'src/main.ts -> src/g.cjs',
      'src/main.ts -> src/h/index.js',
      'src/main.ts -> src/types.d.ts',
    ]);
  });

  it('knows the paths of a tsconfig and the packages of a workspace', () => {
    const tsconfig = `{ // comments are fine\n "compilerOptions": { "paths": { "@app/*": ["./libs/*/src/index.ts"], "~": ["./src/home.ts"] }, } }`;
    expect(
      edges({
        'tsconfig.json': tsconfig,
        'src/main.ts': `import '@app/core'; import '~'; import 'shop/cart'; import 'shop'; import '@scope/other/deep';`,
        'libs/core/src/index.ts': '',
        'src/home.ts': '',
        'packages/shop/package.json': '{"name":"shop"}',
        'packages/shop/cart.ts': '',
        'packages/shop/src/index.ts': '',
      }).toSorted(),
    ).toEqual([
      'src/main.ts -> libs/core/src/index.ts',
      'src/main.ts -> packages/shop/cart.ts',
      'src/main.ts -> packages/shop/src/index.ts',
      'src/main.ts -> src/home.ts',
    ]);
    expect(externals({ 'a.ts': `import '@scope/other/deep'; import 'zod/v4';` })).toEqual(['@scope/other', 'zod']);
  });

  it('follows imports of Python', () => {
    const files = {
      'app/main.py':
        'import os, app.db as db\nfrom app.views import (index)\nfrom . import util\nfrom .models.user import User\nfrom ..top import x\n',
      'app/__init__.py': '',
      'app/db.py': '',
      'app/views/__init__.py': '',
      'app/views/index.py': '',
      'app/util.py': '',
      'app/models/user.py': '',
      'top.py': '',
    };
    expect(edges(files).toSorted()).toEqual([
      'app/main.py -> app/db.py',
      'app/main.py -> app/models/user.py',
      'app/main.py -> app/util.py',
      'app/main.py -> app/views/index.py',
      'app/main.py -> top.py',
    ]);
    expect(externals(files)).toEqual(['os']);
  });

  it('follows imports of Go by package', () => {
    const files = {
      'go.mod': 'module example.org/app\n',
      'main.go': 'package main\n\nimport (\n\t"fmt"\n\tstore "example.org/app/internal/store"\n)\n',
      'internal/store/store.go': 'package store\n\nimport "example.org/app/internal/missing"\n',
    };
    expect(edges(files)).toEqual(['. -> internal/store']);
    expect(externals(files)).toEqual(['fmt']);
  });

  it('follows imports of Java and Kotlin', () => {
    const files = {
      'src/main/java/org/shop/Cart.java':
        'package org.shop;\nimport org.shop.item.Item;\nimport static org.shop.item.Prices.EUR;\nimport java.util.List;\n',
      'src/main/java/org/shop/item/Item.java': 'package org.shop.item;',
      'src/main/kotlin/Prices.kt': 'package org.shop.item\n',
    };
    expect(edges(files).toSorted()).toEqual([
      'src/main/java/org/shop/Cart.java -> src/main/java/org/shop/item/Item.java',
      'src/main/java/org/shop/Cart.java -> src/main/kotlin/Prices.kt',
    ]);
    expect(externals(files)).toEqual(['java.util.List']);
  });

  it('follows modules of Rust', () => {
    const files = {
      'src/main.rs': 'mod net;\npub mod util;\nuse crate::net::tcp::Stream;\nuse serde::Serialize;\n',
      'src/net/mod.rs': 'pub mod tcp;\n',
      'src/net/tcp.rs': 'use super::super::util::helper;\nuse crate::util;\n',
      'src/util.rs': '',
    };
    expect(edges(files).toSorted()).toEqual([
      'src/main.rs -> src/net/mod.rs',
      'src/main.rs -> src/net/tcp.rs',
      'src/main.rs -> src/util.rs',
      'src/net/mod.rs -> src/net/tcp.rs',
      'src/net/tcp.rs -> src/util.rs',
    ]);
    expect(externals(files)).toEqual(['serde']);
  });

  it('counts each edge once and knows who is imported most', () => {
    const { nodes } = graph({ 'a.ts': `import './c'; import { x } from './c';`, 'b.ts': `import './c';`, 'c.ts': '' });
    expect(nodes).toEqual([
      { path: 'c.ts', imports: 0, importedBy: 2 },
      { path: 'a.ts', imports: 1, importedBy: 0 },
      { path: 'b.ts', imports: 1, importedBy: 0 },
    ]);
  });

  it('keeps the best connected when there are too many', () => {
    const files = { 'a.ts': `import './c';`, 'b.ts': `import './c';`, 'c.ts': '', 'd.ts': '' };
    const { nodes, edges: kept, isTruncated } = graph(files, { nodes: 2, edges: 100 });
    expect([nodes.map(({ path }) => path), kept, isTruncated]).toEqual([
      ['c.ts', 'a.ts'],
      [{ from: 'a.ts', to: 'c.ts' }],
      true,
    ]);
    expect(graph(files, { nodes: 9, edges: 1 })).toMatchObject({ edges: [{}], isTruncated: true });
  });

  it('does not leave the repository', () => expect(edges({ 'a.ts': `import '../../../etc/passwd';` })).toEqual([]));
});
