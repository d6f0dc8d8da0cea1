import type { Command } from 'commander';
import { findLocalSystem } from './connection';
import type { OperationsApi } from './operations-api';
import { streamStateReport } from './reports';
import { republishCommand } from './republish/republish-command';
import { restoreCommand } from './restore/restore-command';

export interface RecoveryCommandsOptions {
  readonly api: () => OperationsApi;
  readonly say: (line: string) => void;
  /** Holds `.local/system.json` while the system runs. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Looking back, coming back, and moving: `state`, `restore`, `republish`. */
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
  program
    .command('republish')
    .description('copies the events of a context to a new topic, to move it there (docs/recovery.md)')
    .argument('<context>', 'for example work-item; its service goes on')
    .requiredOption('--partitions <n>', 'of the new topic')
    .option('--suffix <name>', 'of the new topic, default p<n>')
    .option('--database <url>', 'of the service, else that of the system that runs here')
    .action(async (context: string, given: { partitions: string; suffix?: string; database?: string }) => {
      await republishCommand(context, { ...given, local: findLocalSystem(root), env, say });
    });
}
