import type { LocalSystem } from '../connection';
import { CONTEXTS, openKafka } from '../event-stores';
import { OpsError } from '../ops-error';
import { copyAhead } from './copy-ahead';

export interface RepublishCommandOptions {
  readonly partitions: string;
  /** Of the new topic's name. Default `p<partitions>`. */
  readonly suffix?: string;
  /** Of the service, else that of the system that runs here. */
  readonly database?: string;
  readonly local: LocalSystem | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

const SAY_EVERY_MS = 1_000;

/**
 * Copies the events of a context to a new topic, from the database of its running service, and says what is left to do.
 * Every refusal is an {@link OpsError}.
 */
export async function republishCommand(context: string, options: RepublishCommandOptions): Promise<void> {
  const service = Object.keys(CONTEXTS).find((name) => CONTEXTS[name] === context);
  if (service === undefined) {
    throw new OpsError(`${context} has no events of its own: one of ${Object.values(CONTEXTS).join(', ')}`);
  }
  const { eventTopicOf, TopicPlaces } = await import('@codex/contracts');
  const { partitions, suffix = `p${partitions}`, env, local, say } = options;
  const topic = { name: `${eventTopicOf(CONTEXTS[service]!)}.${suffix}`, partitions: Number(partitions) };
  const { kafka, driver } = await openKafka({ env, local }, 'ops-republish');
  const topics = (kafka.topics ?? new TopicPlaces()).with(topic);
  requireValid(TopicPlaces.parse, topics.toString());
  const about = { context: CONTEXTS[service]!, service, driver, kafka: { ...kafka, topics }, topic };
  const databaseUrl = options.database ?? local?.databases?.[service];
  if (databaseUrl === undefined)
    throw new OpsError(`where are the events of ${service}? Name its database: --database`);
  const copied = await copyAhead({ ...about, databaseUrl, progress: progressOf(topic.name, say) });
  say(`${topic.name} holds all that was published so far (${copied} events were copied now)`);
  say(nextSteps(service, topics.toString()));
}

function requireValid(parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    throw new OpsError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function progressOf(topic: string, say: (line: string) => void) {
  let [events, saidAt] = [0, Date.now()];
  return (copied: { readonly events: number; readonly upTo: string }): void => {
    events += copied.events;
    if (Date.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = Date.now();
    say(`${topic}: ${events} events, up to ${copied.upTo}`);
  };
}

function nextSteps(service: string, topics: string): string {
  return [
    'Nothing reads it yet. Now, in this order:',
    `  1. set KAFKA_TOPICS=${topics} for every service`,
    `  2. restart all replicas of ${service}: its relay copies what came since, and publishes there from then on`,
    `  3. when ${service} is ready, restart all others that use Kafka; query-api last`,
    '  4. npm run ops -- status, and npm run ops -- rebuild NAME --wait for a read model of it, which ends equal',
  ].join('\n');
}
