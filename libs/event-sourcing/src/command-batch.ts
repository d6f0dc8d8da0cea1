import { Refusal } from './errors';
import type { AppendRequest, CommandKey, EventStore, IdempotencyRecord } from './event-store';
import type { DomainCommand, DomainEvent, StreamId } from './message';
import type { StateCache } from './state-cache';
import { metadataOf, UnitOfWork } from './unit-of-work';

/** A message from another service as far as a command needs it. */
export interface ReceivedMessage {
  readonly id: string;
  readonly type: string;
  readonly stream: StreamId;
  readonly tenantId: string;
  readonly actor: string;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly data: unknown;
}

/** A command that came as a message, with the stream it is addressed to. */
export type ReceivedCommand<Command extends DomainCommand = DomainCommand> = Command & { readonly stream: StreamId };

/**
 * The command in a message: the message's id is the command's id and the cause of all it leads to. Trusts the sender
 * that `data` has the shape of the type, which the codec has checked.
 */
export function receivedCommand<Command extends DomainCommand>(
  message: ReceivedMessage,
  now: string,
): ReceivedCommand<Command> {
  const { id, type, stream, data, tenantId, actor, correlationId, traceparent } = message;
  const trace = traceparent === undefined ? {} : { traceparent };
  const metadata = { commandId: id, tenantId, actor, correlationId, causationId: id, ...trace, now };
  return { type, data, metadata, stream } as unknown as ReceivedCommand<Command>;
}

/** What became of a command. `unchanged`: there was nothing to do. */
export interface CommandAnswer {
  readonly outcome: 'accepted' | 'unchanged' | 'refused';
  readonly code: string | null;
  readonly message: string | null;
}

/** A reply as it was published. */
export interface PublishedReply {
  readonly tenantId: string;
  readonly data: unknown;
}

/**
 * The row that makes a command known, from the reply that answered it: with it a repeated command is answered the same
 * and not decided again. Trusts that the reply was made by {@link CommandAnswers}.
 */
export function recordOfReply({ tenantId, data }: PublishedReply): IdempotencyRecord {
  const { commandId, commandType, outcome, code, message } = data as CommandAnswer & {
    readonly commandId: string;
    readonly commandType: string;
  };
  return recordOf({ tenantId, key: commandId }, commandType, { outcome, code, message });
}

function recordOf(key: CommandKey, commandType: string, answer: CommandAnswer): IdempotencyRecord {
  return { ...key, fingerprint: commandType, response: answer };
}

/** The part of a store's transaction that a batch needs. `append` throws `VersionConflict`; then all of it rolls back. */
export interface BatchTransaction extends Pick<EventStore, 'load' | 'findCommands'> {
  append(requests: readonly AppendRequest[]): Promise<unknown>;
}

/** What an app adds to the answers of its commands. */
export interface CommandAnswersOptions<Command extends DomainCommand> {
  readonly newId: () => string;
  /** Further fields of the reply, copied from the command so that the asker can route it. */
  subjectOf(command: Command): Readonly<Record<string, unknown>>;
}

/**
 * The answers to the commands of one batch. Every command gets a reply in the same unit as its effects, and a row that
 * makes it known: a command id that was answered before, also in this batch, is answered the same again and not decided.
 */
export class CommandAnswers<Command extends DomainCommand> {
  private constructor(
    private readonly unit: UnitOfWork,
    private readonly known: Map<string, CommandAnswer>,
    private readonly options: CommandAnswersOptions<Command>,
  ) {}

  /** Looks the commands up in one round trip. */
  static async open<Command extends DomainCommand>(
    commands: readonly ReceivedCommand<Command>[],
    surroundings: { readonly unit: UnitOfWork; readonly store: Pick<EventStore, 'findCommands'> },
    options: CommandAnswersOptions<Command>,
  ): Promise<CommandAnswers<Command>> {
    const keys = commands.map(keyOf);
    const records = keys.length === 0 ? [] : await surroundings.store.findCommands(keys);
    const known = new Map(records.map((record) => [nameOf(record), record.response as CommandAnswer]));
    return new CommandAnswers(surroundings.unit, known, options);
  }

  isKnown(command: Command): boolean {
    return this.known.has(nameOf(keyOf(command)));
  }

  /**
   * Decides a command unless it is known, and answers it. A refusal becomes its answer, so `decide` must not have staged
   * anything before it throws one; every other error is thrown on.
   */
  answer(command: ReceivedCommand<Command>, decide: () => readonly DomainEvent[]): void {
    const key = keyOf(command);
    const known = this.known.get(nameOf(key));
    const answer = known ?? answerOf(decide);
    if (known === undefined) this.remember(command, key, answer);
    this.reply(command, answer);
  }

  private remember(command: Command, key: CommandKey, answer: CommandAnswer): void {
    this.known.set(nameOf(key), answer);
    this.unit.remember(recordOf(key, command.type, answer));
  }

  private reply(command: ReceivedCommand<Command>, answer: CommandAnswer): void {
    const { commandId, tenantId, actor } = command.metadata;
    const about = { commandId, commandType: command.type, target: command.stream, actor };
    this.unit.send({
      kind: 'reply',
      stream: command.stream,
      tenantId,
      type: 'CommandReplied',
      data: { ...about, ...answer, ...this.options.subjectOf(command) },
      metadata: metadataOf(command.metadata, this.options.newId()),
    });
  }
}

/** The parts of {@link runCommandBatch}. */
export interface CommandBatchOptions<Command extends DomainCommand> extends CommandAnswersOptions<Command> {
  readonly cache: StateCache;
  /** Loads what the commands need, all in as few round trips as it can, and returns how one of them is decided. */
  prepare(
    unit: UnitOfWork,
    commands: readonly ReceivedCommand<Command>[],
  ): Promise<(command: ReceivedCommand<Command>) => readonly DomainEvent[]>;
}

/**
 * Runs a batch of commands inside a store's transaction: looks up the known ones, decides the others in order on the
 * folded states, and appends once per stream together with one reply a command. Resolves with what must be called after
 * the commit, and only then. Throws `VersionConflict`: roll back and run it again in a new transaction.
 */
export async function runCommandBatch<Command extends DomainCommand>(
  commands: readonly ReceivedCommand<Command>[],
  tx: BatchTransaction,
  options: CommandBatchOptions<Command>,
): Promise<() => void> {
  const [first] = commands;
  if (first === undefined) return () => undefined;
  const unit = new UnitOfWork({ store: tx, cache: options.cache, newId: options.newId });
  const answers = await CommandAnswers.open(commands, { unit, store: tx }, options);
  const unknown = commands.filter((command) => !answers.isKnown(command));
  const decide = await options.prepare(unit, unknown);
  for (const command of commands) answers.answer(command, () => decide(command));
  await tx.append([unit.request(first.metadata.commandId)]);
  return () => unit.committed();
}

function answerOf(decide: () => readonly DomainEvent[]): CommandAnswer {
  try {
    return { outcome: decide().length > 0 ? 'accepted' : 'unchanged', code: null, message: null };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { outcome: 'refused', code: error.code, message: error.message };
  }
}

function keyOf(command: DomainCommand): CommandKey {
  return { tenantId: command.metadata.tenantId, key: command.metadata.commandId };
}

function nameOf({ tenantId, key }: CommandKey): string {
  return `${tenantId}\n${key}`;
}
