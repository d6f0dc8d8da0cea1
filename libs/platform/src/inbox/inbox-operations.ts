import { Refusal, type CommandMetadata } from '@codex/event-sourcing';
import type {
  ConsumerHealth,
  DeadLetterDesk,
  DeadLetterFilter,
  GroupResult,
  LogAdoption,
  OperatorAct,
  ReleaseResult,
  WaitingPosition,
} from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { Problem } from '../problems/problem';
import { deadLetterStream } from './dead-letter-events';
import { logAdoptionStream } from './log-adoption-event';
import { consumerView, deadLetterView, type ConsumerView, type DeadLetterView } from './inbox-views';

/** A consumer as operators act on it; `BatchConsumer` is one. */
export interface OperatedConsumer {
  readonly group: string;
  readonly deadLetters: Pick<DeadLetterDesk<Sql>, 'redrive' | 'discard' | 'redriveGroup' | 'discardGroup' | 'skip'>;
  health(): ConsumerHealth;
  adoptLogs(act: OperatorAct & { readonly reason: string }): Promise<LogAdoption>;
  /** Tries at once what it waits for. */
  poke(): void;
}

/** The consumer that parked a message does not run here: it is paused, not started yet, or gone. */
export class ConsumerNotRunning extends Refusal {
  readonly code = 'CONSUMER_NOT_RUNNING';

  constructor(readonly group: string) {
    super(`the consumer ${group} does not run now`);
  }
}

export interface InboxParts {
  readonly service: string;
  /** Reads the database that holds the inbox. */
  readonly sql: Sql;
  readonly consumers: () => Iterable<OperatedConsumer>;
}

/** What an act on one dead letter led to. */
export interface LetterReceipt {
  readonly id: string;
  readonly commandId: string;
  readonly stream: string;
  readonly events: readonly string[];
  readonly status: 'redriven' | 'discarded' | 'parked';
  readonly released: number;
  readonly parkedBy: string | null;
}

export type GroupAct = 'redrive' | 'discard';
export type OperatorOrder = OperatorAct & { readonly by: CommandMetadata };

/** Acts on a group end after so long, so that they are answered; the rest is `remaining`. */
const GROUP_ACT_MS = 5_000;

/** What operators see and do in the inbox of one service. Every act is recorded with its actor and reason. */
export class InboxOperations {
  constructor(private readonly parts: InboxParts) {}

  get service(): string {
    return this.parts.service;
  }

  /** Newest first. */
  async deadLetters(filter: DeadLetterFilter): Promise<readonly DeadLetterView[]> {
    const { listDeadLetters } = await import('@codex/kafka-messaging');
    const letters = await listDeadLetters(this.parts.sql, filter);
    return letters.map((letter) => deadLetterView(this.service, letter));
  }

  /** Throws `NOT_FOUND`. */
  async deadLetter(id: string): Promise<DeadLetterView> {
    const [letter] = await this.deadLetters({ id });
    if (letter === undefined) throw new Problem('NOT_FOUND');
    return letter;
  }

  /** Errors: `NOT_FOUND`, `DEAD_LETTER_NOT_PARKED`, {@link ConsumerNotRunning}. */
  async redrive(id: string, act: OperatorOrder): Promise<LetterReceipt> {
    const result = await (await this.deskOf(id)).redrive(id, act);
    const isReleased = result.parkedBy !== id;
    const event = isReleased ? 'DeadLetterRedriven' : 'DeadLetterParked';
    return receiptOf(id, act, { result, status: isReleased ? 'redriven' : 'parked', event });
  }

  /** Errors like {@link redrive}. */
  async discard(id: string, act: OperatorOrder & { readonly reason: string }): Promise<LetterReceipt> {
    const result = await (await this.deskOf(id)).discard(id, act.reason, act.by);
    return receiptOf(id, act, { result, status: 'discarded', event: 'DeadLetterDiscarded' });
  }

  /** Acts on all that is parked now for one cause, in all consumers of the service. */
  async settleGroup(group: string, what: GroupAct, act: OperatorOrder & { readonly reason?: string }) {
    const sum = { settled: 0, parkedAgain: 0, remaining: 0 };
    const until = Date.now() + GROUP_ACT_MS;
    for (const { deadLetters } of this.parts.consumers()) {
      const withinMs = until - Date.now();
      const result: GroupResult =
        what === 'redrive'
          ? await deadLetters.redriveGroup(group, act, withinMs)
          : await deadLetters.discardGroup(group, { ...act, reason: act.reason ?? '' }, withinMs);
      for (const key of ['settled', 'parkedAgain', 'remaining'] as const) sum[key] += result[key];
    }
    return { service: this.service, ...sum };
  }

  /** Errors: `CONSUMER_MOVED_ON`, {@link ConsumerNotRunning}. */
  async skip(group: string, at: WaitingPosition, act: OperatorOrder & { readonly reason: string }) {
    const consumer = this.consumer(group);
    const id = await consumer.deadLetters.skip(at, act);
    consumer.poke();
    const { commandId } = act.by;
    return { id, commandId, stream: deadLetterStream(id), events: ['ConsumerMessageSkipped'], service: this.service };
  }

  /** Lets a consumer go on with another log. Errors: `LOG_KNOWN`, `REBUILD_INSTEAD`, {@link ConsumerNotRunning}. */
  async adopt(group: string, act: OperatorOrder & { readonly reason: string }) {
    const consumer = this.consumer(group);
    const { id, logs } = await consumer.adoptLogs(act);
    consumer.poke();
    const receipt = { id, commandId: act.by.commandId, stream: logAdoptionStream(id), events: ['ConsumerLogAdopted'] };
    return { ...receipt, service: this.service, logs };
  }

  /** The consumers of this process, each with what is parked and what waits in the whole service. */
  async consumers(): Promise<readonly ConsumerView[]> {
    const { countParked, listWaiting } = await import('@codex/kafka-messaging');
    const [parked, waiting] = await Promise.all([countParked(this.parts.sql), listWaiting(this.parts.sql)]);
    return [...this.parts.consumers()].map((consumer) => {
      const own = waiting.filter(({ group }) => group === consumer.group);
      return consumerView(this.service, consumer.health(), { parked: parked.get(consumer.group) ?? 0, waiting: own });
    });
  }

  /** How much waits for an operator. */
  async status(): Promise<{ readonly parked: number; readonly waiting: number }> {
    const { countParked, listWaiting } = await import('@codex/kafka-messaging');
    const [parked, waiting] = await Promise.all([countParked(this.parts.sql), listWaiting(this.parts.sql)]);
    return { parked: [...parked.values()].reduce((sum, count) => sum + count, 0), waiting: waiting.length };
  }

  private async deskOf(id: string): Promise<OperatedConsumer['deadLetters']> {
    const { consumerGroup } = await this.deadLetter(id);
    return this.consumer(consumerGroup).deadLetters;
  }

  private consumer(group: string): OperatedConsumer {
    for (const consumer of this.parts.consumers()) if (consumer.group === group) return consumer;
    throw new ConsumerNotRunning(group);
  }
}

function receiptOf(
  id: string,
  { by }: OperatorOrder,
  outcome: { readonly result: ReleaseResult; readonly status: LetterReceipt['status']; readonly event: string },
): LetterReceipt {
  const { status, event, result } = outcome;
  const { released, parkedBy } = result;
  return { id, commandId: by.commandId, stream: deadLetterStream(id), events: [event], status, released, parkedBy };
}
