import { waitUntil } from './deadline';
import { tail } from './log-tail';
import type { ChildSpec, Exit } from './processes/child-processes';
import { SupervisedProcess } from './processes/supervised-process';
import type { ServerOptions } from './server-options';

const START_TIMEOUT_MS = 60_000;

/** Starts a server and resolves when it answers; rejects with the end of its log when it dies or stays silent. */
export async function startServer(
  { children, progress }: ServerOptions,
  spec: ChildSpec,
  isUp: () => Promise<boolean>,
): Promise<SupervisedProcess> {
  let firstDeath: Exit | undefined;
  const server = new SupervisedProcess(children, spec, {
    died: (name, exit, againInMs) => {
      firstDeath ??= exit;
      progress.say(`  ! ${name} died (${exit.signal ?? exit.error?.message ?? exit.code}), again in ${againInMs} ms`);
    },
  });
  server.start();
  let up = false;
  const answered = await waitUntil(async () => firstDeath !== undefined || (up = await isUp()), START_TIMEOUT_MS);
  if (up) return server;
  await server.stop();
  const why = answered ? 'ended at once' : `did not answer within ${START_TIMEOUT_MS / 1000} s`;
  throw new Error(`${spec.name} ${why}. The end of ${spec.logFile}:\n${tail(spec.logFile)}`);
}
