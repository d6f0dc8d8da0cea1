import type { Command } from 'commander';
import { InboxApi, type Act, type DeadLetterFilter, type SkipOrder } from './inbox-api';
import { adoptionReport, consumersReport, deadLettersReport, groupReport, letterReport } from './inbox-reports';
import type { OperationsApi } from './operations-api';
import { OpsError } from './ops-error';

export interface InboxCommandParts {
  readonly api: () => OperationsApi;
  readonly say: (line: string) => void;
}

interface SettleOptions {
  readonly group?: string;
  readonly reason?: string;
}

/** Adds the commands about dead letters and waiting consumers. */
export function addInboxCommands(program: Command, { api, say }: InboxCommandParts): void {
  const inbox = (): InboxApi => new InboxApi(api());
  program
    .command('dead-letters')
    .description('messages that could not be processed, in all services')
    .option('--group <group>', 'only this failure group')
    .option('--service <service>', 'only of this service')
    .option('--status <status>', 'parked, redriven, discarded or all', 'parked')
    .action(async ({ status, ...filter }: DeadLetterFilter) =>
      say(deadLettersReport(await inbox().deadLetters({ ...filter, ...(status !== 'all' && { status }) }))),
    );
  const settling = (act: Act, description: string): Command =>
    program
      .command(act)
      .description(description)
      .argument('[id]', 'the dead letter')
      .option('--group <group>', 'all that is parked for one cause')
      .action((id: string | undefined, options: SettleOptions) => settle(inbox(), act, { id, ...options, say }));
  settling('redrive', 'processes a parked message again, or a whole failure group').option('--reason <reason>', 'why');
  settling('discard', 'gives a parked message up, or a whole failure group').requiredOption('--reason <reason>', 'why');
  program
    .command('consumers')
    .description('consumers of all services, and the messages that their partitions wait at')
    .option('--service <service>', 'only of this service')
    .action(async ({ service }: { service?: string }) => say(consumersReport(await inbox().consumers(service))));
  program
    .command('adopt')
    .description('lets a consumer whose log was replaced go on with the one that is there, from its beginning')
    .argument('<consumer>', 'the consumer group')
    .requiredOption('--reason <reason>', 'why')
    .action(async (consumer: string, { reason }: { reason: string }) =>
      say(adoptionReport(consumer, (await inbox().adopt(consumer, reason)).logs)),
    );
  program
    .command('skip')
    .description('takes a partition past exactly the message it waits at, which becomes a dead letter; see consumers')
    .requiredOption('--consumer <group>', 'the consumer group')
    .requiredOption('--topic <topic>')
    .requiredOption('--partition <number>')
    .requiredOption('--offset <number>')
    .requiredOption('--event <id>')
    .requiredOption('--reason <reason>', 'why')
    .action(async (options: SkipOptions) => {
      const { id } = await inbox().skip(skipOrder(options));
      say(`skipped: it is dead letter ${id} now, and the partition goes on`);
    });
}

/** One letter, or a group until nothing of it is left that was not tried. */
export async function settle(
  inbox: InboxApi,
  act: Act,
  order: SettleOptions & { readonly id: string | undefined; readonly say: (line: string) => void },
): Promise<void> {
  const { id, group, reason, say } = order;
  if ((id === undefined) === (group === undefined))
    throw new OpsError(`${act} needs the id of a dead letter or --group`);
  if (id !== undefined) return say(letterReport(await inbox.settle(act, id, reason)));
  for (;;) {
    const receipt = await inbox.settleGroup(act, group!, reason);
    say(groupReport(receipt));
    const settled = (receipt.redriven ?? 0) + (receipt.discarded ?? 0);
    if (settled === 0 || receipt.remaining <= receipt.parkedAgain) return;
  }
}

interface SkipOptions {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: string;
  readonly offset: string;
  readonly event: string;
  readonly reason: string;
}

export function skipOrder({ consumer, topic, partition, offset, event, reason }: SkipOptions): SkipOrder {
  const place = { partition: wholeNumber('--partition', partition), offset: wholeNumber('--offset', offset) };
  return { group: consumer, topic, ...place, eventId: event, reason };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new OpsError(`${option} must be a whole number, not ${text}`);
  return Number(text);
}
