'use strict';
/**
 * Runs a TypeScript entry of tools/ without a build: `node tools/run-ts.cjs tools/codegen/main.ts -- args`.
 * Compiles with the project's .swcrc on require, so the tools see the sources as they are, never a stale dist/.
 */
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');
const swc = require('@swc/core');

const root = resolve(__dirname, '..');
const { jsc, module: target } = JSON.parse(readFileSync(resolve(root, '.swcrc'), 'utf8'));
const options = { jsc: { ...jsc, baseUrl: root }, module: target, swcrc: false, sourceMaps: 'inline' };

require.extensions['.ts'] = (module, filename) => {
  const { code } = swc.transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(code, filename);
};
process.setSourceMapsEnabled(true);

const [entry] = process.argv.splice(2, 1);
process.argv[1] = resolve(root, entry);
require(process.argv[1]);
