const { paths } = require('./tsconfig.json').compilerOptions;

const moduleNameMapper = Object.fromEntries(
  Object.entries(paths).map(([alias, [file]]) => [`^${alias}$`, `<rootDir>/${file.replace('./', '')}`]),
);

const base = {
  rootDir: __dirname,
  testEnvironment: 'node',
  moduleNameMapper,
  transform: { '^.+\\.ts$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/.local'],
  setupFiles: ['reflect-metadata', '<rootDir>/test/properties.setup.ts'],
};

/**
 * One jest project a kind of test. Only `int`, `component`, `e2e` and `fault` need servers; `test/servers.setup.ts`
 * starts them once for the whole run (or uses the addresses in DATABASE_URL and KAFKA_BROKERS).
 */
const kind = (name, globs, servers = {}) => ({
  ...base,
  ...servers,
  displayName: name,
  testMatch: globs.map((glob) => `<rootDir>/${glob}`),
});

const withServers = {
  setupFilesAfterEnv: ['<rootDir>/test/timeouts.setup.ts'],
  globalSetup: '<rootDir>/test/servers.setup.ts',
  globalTeardown: '<rootDir>/test/servers.teardown.ts',
};

module.exports = {
  projects: [
    kind('unit', ['{apps,libs,infra,tools,test,bench,scripts}/**/*.unit.spec.ts']),
    kind('int', ['{apps,libs,infra,test}/**/*.int.spec.ts'], withServers),
    kind('component', ['{apps,libs,test}/**/*.component.spec.ts'], withServers),
    kind('e2e', ['test/**/*.e2e.spec.ts'], withServers),
    kind('fault', ['test/**/*.fault.spec.ts'], withServers),
  ],
};
