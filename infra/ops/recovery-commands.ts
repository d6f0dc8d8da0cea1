import type { Command } from 'commander';
import { findLocalSystem } from './connection';
import type { OperationsApi } from './operations-api';
import { streamStateReport } from './reports';
import { restoreCommand } from './restore/restore-command';

export interface RecoveryCommandsOptions {
  readonly api: () => OperationsApi;
  readonly say: (line: string) => void;
  /** Holds `.local/system.json` while the system runs. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Looking back, and coming back: `state`, `restore`. */
export function addRecoveryCommands(program: Command, { api, say, root, env }: RecoveryCommandsOptions): void {
  program
    .command('state')
    .description('what a stream was, folded from its events by the service that owns it')
    .argument('<stream>', 'for example WorkItem-0190b6f0-…')
    .option('--version <n>', 'after this version')
    .option('--at <time>', 'at this time, RFC 3339')
    .action(async (stream: string, asOf: { version?: string; at?: string }) =>
      say(streamStateReport(await api().streamState(stream, asOf))),
    );
  program
    .command('restore')
    .description('fills an empty database with the event store of a service, from its topics (docs/recovery.md)')
    .argument('<service>', 'for example project; it must not be running')
    .requiredOption('--into <url>', 'an empty database of the role of the service')
    .action(async (service: string, { into }: { into: string }) => {
      await restoreCommand(service, { into, local: findLocalSystem(root), env, say });
    });
}
