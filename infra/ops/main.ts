import { resolve } from 'node:path';
import { findConnection } from './connection';
import { addInboxCommands } from './inbox-commands';
import { OperationsApi } from './operations-api';
import { OpsError } from './ops-error';
import { rebuildCommand } from './rebuild-command';
import { addRecoveryCommands } from './recovery-commands';
import { projectionsReport, statusReport } from './reports';

const ROOT = resolve(__dirname, '../../..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { Command } = await import('commander');
  const program = new Command('npm run ops --')
    .description('Looks after a running system')
    .option('--url <url>', 'the gateway, else CODEX_URL, else the system that runs here')
    .option('--key <key>', 'an API key with the role operator, else CODEX_API_KEY');
  const api = (): OperationsApi => {
    const options = program.opts<{ url?: string; key?: string }>();
    return new OperationsApi(findConnection({ ...options, env: process.env, root: ROOT }));
  };
  program
    .command('rebuild')
    .description('builds a read model anew from Kafka, compares, and swaps it in')
    .argument('<name>', 'for example work_items; see projections')
    .option('--wait', 'until it is swapped in; fails when it is not', false)
    .action((name: string, { wait }: { wait: boolean }) => rebuildCommand(api(), name, { wait, say }));
  program
    .command('return')
    .description('shows the generation before the last rebuild to queries again, at once')
    .argument('<name>', 'for example work_items; see projections')
    .action(async (name: string) => say(projectionsReport([await api().returnProjection(name)])));
  program
    .command('projections')
    .description('read models, their lag, generations and rebuilds')
    .action(async () => say(projectionsReport(await api().projections())));
  program
    .command('status')
    .description('services, relays, read models and the queue')
    .action(async () => say(statusReport(await api().status())));
  addInboxCommands(program, { api, say });
  addRecoveryCommands(program, { api, say, root: ROOT, env: process.env });
  await program.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${error instanceof OpsError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
});
