/** The words of the business. They live in apps and schemas; a lib that knows one can't serve another business. */
export const BUSINESS_WORDS: readonly string[] = [
  'project',
  'projects',
  'work item',
  'work items',
  'workitem',
  'workitems',
  'agent',
  'agents',
  'run queue',
  'run id',
  'quota',
  'quotas',
  'tool recipe',
  'recipe',
  'vision',
  'artifact',
  'artifacts',
  'scheduler',
];

/** Names that contain such a word and mean something else. */
export const OTHER_MEANINGS: readonly string[] = ['user agent', 'http agent', 'https agent', 'undici agent'];

/** Drawers: a file named so is about nothing. */
export const FORBIDDEN_NAMES: readonly string[] = [
  'common',
  'shared',
  'util',
  'utils',
  'helper',
  'helpers',
  'core',
  'misc',
];

/** Second part of a file name: what role the file plays. */
export const ROLE_SUFFIXES: readonly string[] = [
  'adapter',
  'bench',
  'client',
  'command-handlers',
  'commands',
  'config',
  'consumer',
  'contract',
  'controller',
  'decider',
  'decorators',
  'definition',
  'errors',
  'events',
  'filter',
  'fixture',
  'fixtures',
  'guard',
  'handler',
  'interceptor',
  'job',
  'main',
  'mapper',
  'migration',
  'migrations',
  'model',
  'module',
  'pipe',
  'plugin',
  'policy',
  'process',
  'projection',
  'queries',
  'reactor',
  'repository',
  'requests',
  'resolver',
  'responses',
  'routes',
  'scenario',
  'schemas',
  'service',
  'setup',
  'sql',
  'state',
  'steps',
  'strategy',
  'subscription',
  'table',
  'tables',
  'teardown',
  'tool',
  'types',
  'view',
  'worker',
];

/** `runQueue`, `run_queue`, `RunQueue` and `run-queue` are `run queue`. */
export function wordsOf(identifier: string): string {
  return identifier
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase();
}

/** The first business word in an identifier or file name, or null. */
export function businessWordIn(name: string): string | null {
  let words = ` ${wordsOf(name)} `;
  for (const other of OTHER_MEANINGS) words = words.replaceAll(` ${other} `, ' ');
  return BUSINESS_WORDS.find((word) => words.includes(` ${word} `)) ?? null;
}
