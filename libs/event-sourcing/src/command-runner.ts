import type { Decider } from './decider';
import { CommandInFlight, IdempotencyKeyReused, NotFound, Refusal, VersionConflict } from './errors';
import type { EventStore, IdempotencyRecord } from './event-store';
import type { CommandMetadata, DomainCommand, DomainEvent, OutgoingMessage, StreamId } from './message';
import { idOf } from './message';
import { UnitOfWork } from './unit-of-work';
import type { StateCache } from './state-cache';
import { StreamTurns } from './stream-turns';

/** The answer to an accepted command. `events` is empty when there was nothing to do. */
export interface Receipt {
  readonly id: string;
  readonly commandId: string;
  readonly stream: StreamId;
  readonly version: number;
  readonly events: readonly string[];
  readonly consistencyToken: string;
}

/** A receipt, or the stored response of an earlier run of the same idempotency key. */
export interface CommandResult<Response = Receipt> {
  readonly response: Response;
  readonly replayed: boolean;
}

/** The caller's `Idempotency-Key`, made unique by tenant and route, with a fingerprint of the request. */
export interface IdempotencyClaim {
  readonly key: string;
  readonly fingerprint: string;
}

/** What a caller may ask besides the command itself. */
export interface RunOptions {
  readonly idempotency?: IdempotencyClaim;
  /** From `If-Match`. */
  readonly ifVersion?: number;
}

/** Builds the record of a refusal; only apps know the message's schema. Null when a refusal is not to be recorded. */
export type RefusalRecorder = (refusal: Refusal, stream: StreamId, command: DomainCommand) => OutgoingMessage | null;

/** The parts of a runner. */
export interface CommandRunnerOptions {
  readonly store: EventStore;
  readonly cache: StateCache;
  readonly newId: () => string;
  readonly refused: RefusalRecorder;
}

/** How often a decision is taken anew when another writer was first. */
export const CONFLICT_ATTEMPTS = 8;

/**
 * Runs commands that arrive one by one: read, fold, decide, append with the expected version, receipt. A version
 * conflict is decided again on fresh state up to {@link CONFLICT_ATTEMPTS} times; nothing else is retried here.
 * A refusal is recorded in the store and thrown. One effect for one idempotency key, and always the same answer.
 */
export class CommandRunner {
  private readonly running = new Set<string>();
  private readonly turns = new StreamTurns();

  constructor(private readonly options: CommandRunnerOptions) {}

  /** One command to one stream. */
  async run<Command extends DomainCommand, State, Event extends DomainEvent>(
    decider: Decider<Command, State, Event>,
    stream: StreamId,
    command: Command,
    options: RunOptions = {},
  ): Promise<CommandResult> {
    return this.transact(command, stream, options, async (unit) => {
      await unit.load(decider, [stream]);
      if (options.ifVersion !== undefined) unit.requireVersion(stream, options.ifVersion, command.metadata.tenantId);
      const events = unit.decide(decider, stream, command);
      return receiptOf(stream, command.metadata, unit.stateOf(decider, stream).version, events);
    });
  }

  /**
   * A command whose decision spans several streams. `work` loads and decides on the unit and returns the response; it
   * may run several times and must have no effect outside the unit.
   */
  async transact<Response>(
    command: DomainCommand,
    stream: StreamId,
    options: Pick<RunOptions, 'idempotency'>,
    work: (unit: UnitOfWork) => Promise<Response>,
  ): Promise<CommandResult<Response>> {
    const claim = options.idempotency;
    if (claim === undefined) return this.turns.run(stream, () => this.attempt(command, stream, undefined, work));
    const running = `${command.metadata.tenantId}\n${claim.key}`;
    if (this.running.has(running)) throw new CommandInFlight(claim.key);
    this.running.add(running);
    try {
      return await this.turns.run(stream, () => this.attempt(command, stream, claim, work));
    } finally {
      this.running.delete(running);
    }
  }

  private async attempt<Response>(
    command: DomainCommand,
    stream: StreamId,
    claim: IdempotencyClaim | undefined,
    work: (unit: UnitOfWork) => Promise<Response>,
  ): Promise<CommandResult<Response>> {
    for (let attempt = 1; ; attempt++) {
      const unit = new UnitOfWork(this.options);
      try {
        const response = await work(unit);
        return await this.commit(unit, command.metadata, claim, response);
      } catch (error) {
        if (error instanceof Refusal) return this.refuse(error, stream, command, claim);
        if (!(error instanceof VersionConflict) || attempt === CONFLICT_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * A known key is looked for only here and by the append, which spares each new command a round trip: what was done
   * before may be what the rules refuse now.
   */
  private async refuse<Response>(
    refusal: Refusal,
    stream: StreamId,
    command: DomainCommand,
    claim: IdempotencyClaim | undefined,
  ): Promise<CommandResult<Response>> {
    if (refusal instanceof IdempotencyKeyReused) throw refusal;
    if (claim) {
      const { tenantId } = command.metadata;
      const [known] = await this.options.store.findCommands([{ tenantId, key: claim.key }]);
      if (known) return replay<Response>(known, claim);
    }
    await this.record(refusal, stream, command);
    throw refusal;
  }

  private async commit<Response>(
    unit: UnitOfWork,
    metadata: CommandMetadata,
    claim: IdempotencyClaim | undefined,
    response: Response,
  ): Promise<CommandResult<Response>> {
    if (claim) unit.remember({ ...claim, tenantId: metadata.tenantId, response });
    if (!unit.isEmpty) {
      const outcome = await this.options.store.append(unit.request(metadata.commandId));
      if (outcome.status === 'replayed') return replay<Response>(outcome.record, claim!);
    }
    unit.committed();
    return { response, replayed: false };
  }

  private async record(refusal: Refusal, stream: StreamId, command: DomainCommand): Promise<void> {
    if (refusal instanceof NotFound) return;
    const message = this.options.refused(refusal, stream, command);
    if (message === null) return;
    await this.options.store.append({ commandId: command.metadata.commandId, streams: [], messages: [message] });
  }
}

/** The receipt of a command that led to these events. */
export function receiptOf(
  stream: StreamId,
  metadata: CommandMetadata,
  version: number,
  events: readonly DomainEvent[],
): Receipt {
  return {
    id: idOf(stream),
    commandId: metadata.commandId,
    stream,
    version,
    events: events.map((event) => event.type),
    consistencyToken: `${stream}@${version}`,
  };
}

function replay<Response>(record: IdempotencyRecord, claim: IdempotencyClaim): CommandResult<Response> {
  if (record.fingerprint !== claim.fingerprint) throw new IdempotencyKeyReused(claim.key);
  return { response: record.response as Response, replayed: true };
}
