import type { Context, TopicPlaces } from '@codex/contracts';
import { OpsError } from '../ops-error';
import type { LocalSystem } from '../connection';
import { CONTEXTS, openKafka } from '../event-stores';
import { restoreStore, type ContextTopics, type RestoreReport } from './restore-store';

/** Where Kafka and the empty database are. */
export interface RestoreCommandOptions {
  readonly into: string;
  /** The system that runs here, if one does: its brokers are used when KAFKA_BROKERS is not set. */
  readonly local: LocalSystem | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/**
 * Fills an empty database with the event store of a service, from its topics. The connection to Kafka is configured as
 * for a service (KAFKA_BROKERS, KAFKA_SASL_…). Every refusal is an {@link OpsError}.
 */
export async function restoreCommand(service: string, options: RestoreCommandOptions): Promise<RestoreReport> {
  const context = CONTEXTS[service];
  if (context === undefined) {
    throw new OpsError(`${service} has no event store: one of ${Object.keys(CONTEXTS).join(', ')}`);
  }
  // Loaded here: most operations need none of it.
  const { codec } = await import('@codex/contracts');
  const { CodedError } = await import('@codex/event-sourcing');
  try {
    await prepareDatabase(options.into);
    const { kafka, driver } = await openKafka(options, 'ops-restore');
    const about = { context, service, databaseUrl: options.into, topics: await topicsOf(context, kafka.topics) };
    const report = await restoreStore({ ...about, driver, codec, say: options.say });
    options.say(reportText(service, report, about.topics.events));
    return report;
  } catch (error) {
    if (error instanceof CodedError) throw new OpsError(`${error.code}: ${error.message}`, { cause: error });
    throw error;
  }
}

function reportText(service: string, report: RestoreReport, topic: string): string {
  const { events, streams, replies, repeats, handled, era } = report;
  const commands = handled.reduce((sum, { offset }) => sum + offset, 0);
  return [
    `${service}: ${events} events of ${streams} streams restored from ${topic}, every stream from 1 to its end without a gap`,
    `${replies} replies; ${repeats} messages were on the topics more than once`,
    `${commands} commands were answered before and will not be decided again`,
    `era ${era} begins: nothing that was restored will be published again. Start ${service} on this database now`,
  ].join('\n');
}

async function prepareDatabase(url: string): Promise<void> {
  const { runMigrations } = await import('@codex/postgres');
  const { eventStoreMigrations } = await import('@codex/event-store-postgres');
  await runMigrations(url, 'event_store.migrations', eventStoreMigrations).catch((cause: unknown) => {
    throw new OpsError(`the database can't be prepared: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
}

async function topicsOf(context: Context, places?: TopicPlaces): Promise<ContextTopics> {
  const { eventTopicOf, topicCatalogue } = await import('@codex/contracts');
  const topicOf = (kind: string): string | undefined =>
    topicCatalogue.find((topic) => topic.kind === kind && topic.context === context)?.name;
  const events = eventTopicOf(context);
  return {
    events: places?.nameOf(events) ?? events,
    replies: topicOf('reply')!,
    system: eventTopicOf('system'),
    commands: topicOf('command') ?? null,
  };
}
