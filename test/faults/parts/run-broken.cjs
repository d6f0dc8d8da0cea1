'use strict';
/**
 * Runs a TypeScript entry like tools/run-ts.cjs, with one file broken on purpose: BREAK is `{file, find, replace}` as
 * JSON, and `find` must be in the compiled text of the file exactly once. A control run that breaks nothing ends at once.
 */
const { readFileSync } = require('node:fs');
const { resolve } = require('node:path');
const swc = require('@swc/core');

const root = resolve(__dirname, '../../..');
const { jsc, module: target } = JSON.parse(readFileSync(resolve(root, '.swcrc'), 'utf8'));
const options = { jsc: { ...jsc, baseUrl: root }, module: target, swcrc: false };
const { file, find, replace } = JSON.parse(process.env['BREAK']);
let isBroken = false;

require.extensions['.ts'] = (module, filename) => {
  const { code } = swc.transformSync(readFileSync(filename, 'utf8'), { ...options, filename });
  module._compile(filename === resolve(root, file) ? broken(code) : code, filename);
};

function broken(code) {
  const parts = code.split(find);
  if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times, not once`);
  isBroken = true;
  return parts.join(replace);
}

const [entry] = process.argv.splice(2, 1);
process.argv[1] = resolve(root, entry);
require(process.argv[1]);
if (!isBroken) throw new Error(`${file} was not loaded, so nothing is broken`);
