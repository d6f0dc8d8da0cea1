// Every check, cheapest first; stops at the first one that fails. `--kinds a,b` is this script calling itself under
// the test servers, so that all kinds of tests that need servers share one set of them.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap, root, run } from './bootstrap.mjs';
import { step } from './step.mjs';

const CHECKS = ['format:check', 'lint', 'typecheck', 'codegen:check', 'schemas:check', 'arch'];
const KINDS_WITH_SERVERS = ['int', 'component', 'e2e', 'fault'];
/**
 * Files at a time; unit tests take all cores. Whole services share names of consumer groups on the Kafka of the run, and
 * whole systems are enough for a machine.
 */
const WORKERS = { int: ['--maxWorkers=2'], component: ['--runInBand'], e2e: ['--runInBand'], fault: ['--runInBand'] };
/** Many times what a kind of tests takes, and little enough for whoever waits for the outcome of all of them. */
const KIND_WITHIN_MS = 30 * 60_000;
const ENDS_WITHIN_MS = 60_000;
const reports = join(root, '.local/test');

async function main(node) {
  rmSync(reports, { recursive: true, force: true });
  for (const check of CHECKS) await mustPass(check, () => run('npm', ['run', '--silent', check]));
  await mustPass('unit tests', () => runKind(node, 'unit'));
  const self = [node, join(root, 'scripts/test.mjs'), '--kinds', KINDS_WITH_SERVERS.join(',')];
  const withServers = join(root, 'dist/infra/local/test-servers/with-servers.main.js');
  const code = await run(node, ['--disable-warning=TimeoutNegativeWarning', withServers, ...self], { channel: true });
  if (code !== 0) throw new Error('a test that needs servers failed');
}

async function mustPass(label, check) {
  await step(label, async () => {
    if ((await check()) !== 0) throw new Error(`${label} failed`);
  });
}

async function runKind(node, kind) {
  const jest = ['--experimental-vm-modules', '--no-warnings', join(root, 'node_modules/jest/bin/jest.js')];
  const report = join(reports, `${kind}.json`);
  mkdirSync(reports, { recursive: true });
  rmSync(report, { force: true });
  const args = ['--selectProjects', kind, '--passWithNoTests', '--ci', '--json', `--outputFile=${report}`];
  const hung = new AbortController();
  const watch = watchKind(kind, report, (why) => hung.abort(new Error(why)));
  return run(node, [...jest, ...args, ...(WORKERS[kind] ?? [])], { until: hung.signal }).finally(() =>
    clearInterval(watch),
  );
}

/** A run that hangs has failed: within a test, or after the report because of something that a test left running. */
function watchKind(kind, report, isHung) {
  const startedAt = Date.now();
  return setInterval(() => {
    if (existsSync(report) && Date.now() - statSync(report).mtimeMs > ENDS_WITHIN_MS) {
      isHung(`${kind} tests left something running that kept their process from ending`);
    } else if (Date.now() - startedAt > KIND_WITHIN_MS) {
      isHung(`${kind} tests did not end within ${KIND_WITHIN_MS / 60_000} min`);
    }
  }, 1000);
}

/** A test file that could not even be loaded has no tests in it; it counts as one that failed. */
function totals() {
  const sum = { passed: 0, failed: 0 };
  for (const kind of ['unit', ...KINDS_WITH_SERVERS]) {
    const file = join(reports, `${kind}.json`);
    if (!existsSync(file)) continue;
    const report = JSON.parse(readFileSync(file, 'utf8'));
    sum.passed += report.numPassedTests;
    sum.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  }
  return sum;
}

const kinds = process.argv[2] === '--kinds' ? process.argv[3].split(',') : undefined;
if (kinds) {
  try {
    for (const kind of kinds) await mustPass(`${kind} tests`, () => runKind(process.execPath, kind));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
} else {
  let failure;
  try {
    await main(await bootstrap());
  } catch (error) {
    failure = error;
  }
  const { passed, failed } = totals();
  if (failure) console.log(`\nStopped: ${failure.message}`);
  console.log(`\n${passed} passed, ${failure ? Math.max(failed, 1) : failed} failed`);
  process.exitCode = failure || failed > 0 ? 1 : 0;
}
