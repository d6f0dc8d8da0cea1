import type { MessageCodec } from '@codex/event-sourcing';
import {
  Restoration,
  RestorationRefused,
  StreamLedger,
  type HandledPosition,
  type RestoredMessage,
} from '@codex/event-store-postgres';
import {
  readLog,
  type ConsumedMessage,
  type KafkaDriver,
  type LogExtent,
  type ReadRecords,
} from '@codex/kafka-messaging';
import { answeredBy, isPublishedBy, messageOf, rowOf } from './published-message';

/** The topics that hold what a context published, and what it was asked. */
export interface ContextTopics {
  readonly events: string;
  readonly replies: string;
  /** Events of every service about itself. */
  readonly system: string;
  /** Null for a context that takes no commands. */
  readonly commands: string | null;
}

export interface RestoreOptions {
  readonly context: string;
  /** Names the relay, and so its cursor. */
  readonly service: string;
  /** Of an empty database of the service's own role. */
  readonly databaseUrl: string;
  readonly driver: KafkaDriver;
  readonly codec: MessageCodec;
  readonly topics: ContextTopics;
  /** Told what is being read. */
  readonly say?: (line: string) => void;
}

/** What was restored, and from where to where. */
export interface RestoreReport {
  readonly streams: number;
  readonly events: number;
  readonly replies: number;
  /** Sent twice by the relay, kept once. */
  readonly repeats: number;
  readonly knownCommands: number;
  /** Where the consumer of commands begins: everything before was answered. */
  readonly handled: readonly HandledPosition[];
  /** The era that begins; the relay's cursor stands at its beginning. */
  readonly era: number;
}

const ROWS_A_TRANSACTION = 500;

/**
 * Restores the event table of a context from its topics: reads them from offset 0 to their ends, checks every stream,
 * and stores events and replies as they were. Nothing of it will be published again. Throws {@link RestorationRefused}
 * with the reason; the database must not be used then, and the restoration can be begun anew.
 */
export async function restoreStore(options: RestoreOptions): Promise<RestoreReport> {
  const { databaseUrl: connectionString, service, topics } = options;
  const config = {
    connectionString,
    applicationName: `restore ${service}`,
    statementTimeoutMs: 0,
    transactionTimeoutMs: 0,
  };
  const restoration = await Restoration.begin(config, service);
  try {
    const intake = new Intake(restoration, options);
    const published = await intake.read([topics.events, topics.system, topics.replies]);
    const handled = topics.commands === null ? [] : await intake.handledOf(topics.commands);
    await requireSameEnds(options, published);
    const era = await restoration.finish(handled, topics.events);
    return { ...intake.counts, handled, era };
  } finally {
    await restoration.close();
  }
}

/** Takes records in, a partition at a time, and keeps count. */
class Intake {
  private readonly ledger = new StreamLedger();
  private readonly answered = new Set<string>();
  private readonly seenReplies = new Set<string>();
  private events = 0;
  private replies = 0;
  private repeats = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly restoration: Restoration,
    private readonly options: RestoreOptions,
  ) {}

  get counts(): Omit<RestoreReport, 'handled' | 'era'> {
    const { events, replies, repeats } = this;
    return { streams: this.ledger.streamCount, events, replies, repeats, knownCommands: this.answered.size };
  }

  async read(topics: readonly string[]): Promise<LogExtent> {
    const { driver, say } = this.options;
    const extent = await readLog({
      ...{ driver, topics, groupPrefix: 'restore' },
      onRecords: (read) => this.oneAtATime(() => this.take(read)),
    });
    requireWholeLog(extent, this.options.topics.replies);
    say?.(`${this.events} events of ${this.ledger.streamCount} streams and ${this.replies} replies were read`);
    return extent;
  }

  /** Up to where every command was answered, a position each partition. */
  async handledOf(topic: string): Promise<readonly HandledPosition[]> {
    const positions = new Map<number, number>();
    const open = new Set<number>();
    await readLog({
      ...{ driver: this.options.driver, topics: [topic], groupPrefix: 'restore' },
      onRecords: ({ partition: place, records }) => {
        for (const record of records) {
          if (open.has(place.partition)) return;
          const { tenantId, id } = messageOf(record, place, this.options.codec);
          if (this.answered.has(`${tenantId} ${id}`)) positions.set(place.partition, record.offset + 1);
          else open.add(place.partition);
        }
      },
    });
    return [...positions].map(([partition, offset]) => ({ topic, partition, offset }));
  }

  // Partitions are fetched side by side; one transaction at a time keeps the order of each stream by (xid, position).
  private oneAtATime(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(work);
    return this.last;
  }

  private async take({ partition, records }: ReadRecords): Promise<void> {
    const { context, codec } = this.options;
    const messages = records
      .filter((record) => isPublishedBy(context, record))
      .map((record) => messageOf(record, partition, codec))
      .filter((message) => this.isNew(message));
    for (let from = 0; from < messages.length; from += ROWS_A_TRANSACTION) {
      const rows: readonly RestoredMessage[] = messages.slice(from, from + ROWS_A_TRANSACTION).map(rowOf);
      await this.restoration.add(rows);
    }
    await this.restoration.remember(messages.filter(({ kind }) => kind === 'reply').map(answeredBy));
  }

  private isNew(message: ConsumedMessage): boolean {
    const { kind, stream, version, id, tenantId } = message;
    const isNew = kind === 'event' ? this.ledger.isNext(stream, version!, id) : !this.seenReplies.has(id);
    if (!isNew) this.repeats++;
    else if (kind === 'event') this.events++;
    else {
      this.replies++;
      this.seenReplies.add(id);
      this.answered.add(`${tenantId} ${answeredBy(message).key}`);
    }
    return isNew;
  }
}

/** Replies may be forgotten after a while; events never. */
function requireWholeLog({ layout, earliest }: LogExtent, replies: string): void {
  const cut = layout.partitions.find(({ topic }, slot) => earliest[slot]! > 0 && topic !== replies);
  if (cut === undefined) return;
  throw new RestorationRefused('LOG_CUT_OFF', `${cut.topic}/${cut.partition} does not begin at offset 0`);
}

/** Somebody still publishes what is being restored: then there is another database, and nothing to restore. */
async function requireSameEnds(
  { driver, topics, context }: RestoreOptions,
  { layout, latest }: LogExtent,
): Promise<void> {
  const admin = driver.admin();
  try {
    const ends = await admin.offsets(topics.events);
    const moved = ends.find(
      ({ partition, latest: end }) => end !== latest[layout.slotOf({ topic: topics.events, partition }) ?? -1],
    );
    if (moved === undefined) return;
    const place = `${topics.events}/${moved.partition}`;
    throw new RestorationRefused('LOG_MOVED', `${place} grew meanwhile: a relay of ${context} is still running`);
  } finally {
    await admin.close();
  }
}
