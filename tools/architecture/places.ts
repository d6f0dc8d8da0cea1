/** What a path says about the role of its file. */

/** `apps/project` for everything below it, `libs/contracts` likewise; null elsewhere. */
export function unitOf(path: string): string | null {
  return /^(?:apps|libs)\/[^/]+(?=\/)/.exec(path)?.[0] ?? null;
}

export const isApp = (path: string): boolean => path.startsWith('apps/');

export const isLib = (path: string): boolean => path.startsWith('libs/');

export const isSpec = (path: string): boolean => /\.(spec|test)\.[cm]?[jt]s$/.test(path);

export const isGenerated = (path: string): boolean => path.endsWith('.gen.ts');

/** Code that never runs in a deployed service: specs, their folders, `testing` entries, benchmarks. */
export const isTestCode = (path: string): boolean =>
  isSpec(path) || /(^|\/)(test|testing|bench|test-[a-z]+)\//.test(path);

/** The pure part of an app. */
export const isDomain = (path: string): boolean => /^apps\/[^/]+\/src\/domain\//.test(path) && !isSpec(path);

/** Use cases: plain code that the module wires up. */
export const isApplication = (path: string): boolean => /^apps\/[^/]+\/src\/application\//.test(path) && !isSpec(path);
