// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent } from '@codex/event-sourcing';
import type { ReplyMessage } from './reply-message';
import type { AdoptedLog, CommandOutcome, HealthStatus } from './nested-types.gen';

/** What became of a command: every one from Kafka, and every refused one from HTTP. */
export type CommandRepliedData = {
  /** The command. */
  readonly commandId: string;
  /** Its type. */
  readonly commandType: string;
  /** The stream it was sent to. */
  readonly target: string;
  /** What became of it. */
  readonly outcome: CommandOutcome;
  /** Code of the refusal. */
  readonly code: string | null;
  /** The refusal, for a person. */
  readonly message: string | null;
  /** Who asked. */
  readonly actor: string;
  /** The work item it is about. */
  readonly workItemId: string | null;
  /** The project it is about. */
  readonly projectId: string | null;
  /** The process that waits for the answer. */
  readonly processId: string | null;
};

/** What became of a command: every one from Kafka, and every refused one from HTTP. */
export type CommandReplied = ReplyMessage<'CommandReplied', CommandRepliedData>;

/** An operator let a consumer go on, from offset 0, with other logs than those it had processed. */
export type ConsumerLogAdoptedData = {
  /** This adoption. */
  readonly adoptionId: string;
  /** The service of the consumer. */
  readonly service: string;
  /** Its consumer group. */
  readonly consumerGroup: string;
  /** What it begins anew; its other topics go on. */
  readonly logs: readonly AdoptedLog[];
  /** Why, as the operator said. */
  readonly reason: string;
};

/** An operator let a consumer go on, from offset 0, with other logs than those it had processed. */
export type ConsumerLogAdopted = DomainEvent<'ConsumerLogAdopted', ConsumerLogAdoptedData>;

/** An operator had a partition go on past the message it was waiting at: the message became a dead letter. */
export type ConsumerMessageSkippedData = {
  /** The dead letter. */
  readonly deadLetterId: string;
  /** The service that consumed the message. */
  readonly service: string;
  /** Its consumer group. */
  readonly consumerGroup: string;
  /** Where the message lies in Kafka. */
  readonly topic: string;
  /** The partition of the topic. */
  readonly partition: number;
  /** The offset in the partition. */
  readonly offset: number;
  /** What waits behind it: the stream of the message, or what it is known by when its headers can't be read. */
  readonly entity: string;
  /** Version of the message in its stream; null for commands, replies and what can't be read. */
  readonly entityVersion: number | null;
  /** Type of the message, when it can be read. */
  readonly messageType: string | null;
  /** Id of the message, when it can be read. */
  readonly messageId: string | null;
  /** Code of the failure. */
  readonly code: string;
  /** The failure, for a person. */
  readonly failure: string;
  /** Shared by failures with the same cause: the code and the place in our code. */
  readonly failureGroup: string;
  /** How often it was tried while the partition waited. */
  readonly attempts: number;
  /** Since when the partition waited. */
  readonly waitingSince: string;
  /** Why, as the operator said. */
  readonly reason: string;
};

/** An operator had a partition go on past the message it was waiting at: the message became a dead letter. */
export type ConsumerMessageSkipped = DomainEvent<'ConsumerMessageSkipped', ConsumerMessageSkippedData>;

/** An operator gave a dead letter up: it counts as dealt with and its entity goes on behind it. */
export type DeadLetterDiscardedData = {
  /** The dead letter. */
  readonly deadLetterId: string;
  /** The service that consumed the message. */
  readonly service: string;
  /** Its consumer group. */
  readonly consumerGroup: string;
  /** Where the message lies in Kafka. */
  readonly topic: string;
  /** The partition of the topic. */
  readonly partition: number;
  /** The offset in the partition. */
  readonly offset: number;
  /** What waits behind it: the stream of the message, or what it is known by when its headers can't be read. */
  readonly entity: string;
  /** Version of the message in its stream; null for commands, replies and what can't be read. */
  readonly entityVersion: number | null;
  /** Type of the message, when it can be read. */
  readonly messageType: string | null;
  /** Id of the message, when it can be read. */
  readonly messageId: string | null;
  /** The failure it was parked for. */
  readonly failureGroup: string;
  /** Why, as the operator said. */
  readonly reason: string;
};

/** An operator gave a dead letter up: it counts as dealt with and its entity goes on behind it. */
export type DeadLetterDiscarded = DomainEvent<'DeadLetterDiscarded', DeadLetterDiscardedData>;

/** A message could not be processed: it is kept, and the later messages of its entity wait behind it. */
export type DeadLetterParkedData = {
  /** The dead letter. */
  readonly deadLetterId: string;
  /** The service that consumed the message. */
  readonly service: string;
  /** Its consumer group. */
  readonly consumerGroup: string;
  /** Where the message lies in Kafka. */
  readonly topic: string;
  /** The partition of the topic. */
  readonly partition: number;
  /** The offset in the partition. */
  readonly offset: number;
  /** What waits behind it: the stream of the message, or what it is known by when its headers can't be read. */
  readonly entity: string;
  /** Version of the message in its stream; null for commands, replies and what can't be read. */
  readonly entityVersion: number | null;
  /** Type of the message, when it can be read. */
  readonly messageType: string | null;
  /** Id of the message, when it can be read. */
  readonly messageId: string | null;
  /** Code of the failure. */
  readonly code: string;
  /** The failure, for a person. */
  readonly failure: string;
  /** Shared by failures with the same cause: the code and the place in our code. */
  readonly failureGroup: string;
  /** How often it was tried and parked, from 1. */
  readonly attempts: number;
};

/** A message could not be processed: it is kept, and the later messages of its entity wait behind it. */
export type DeadLetterParked = DomainEvent<'DeadLetterParked', DeadLetterParkedData>;

/** A dead letter was processed after all, because an operator had it tried again. */
export type DeadLetterRedrivenData = {
  /** The dead letter. */
  readonly deadLetterId: string;
  /** The service that consumed the message. */
  readonly service: string;
  /** Its consumer group. */
  readonly consumerGroup: string;
  /** Where the message lies in Kafka. */
  readonly topic: string;
  /** The partition of the topic. */
  readonly partition: number;
  /** The offset in the partition. */
  readonly offset: number;
  /** What waits behind it: the stream of the message, or what it is known by when its headers can't be read. */
  readonly entity: string;
  /** Version of the message in its stream; null for commands, replies and what can't be read. */
  readonly entityVersion: number | null;
  /** Type of the message, when it can be read. */
  readonly messageType: string | null;
  /** Id of the message, when it can be read. */
  readonly messageId: string | null;
  /** The failure it was parked for. */
  readonly failureGroup: string;
  /** Why, as the operator said. */
  readonly reason: string | null;
};

/** A dead letter was processed after all, because an operator had it tried again. */
export type DeadLetterRedriven = DomainEvent<'DeadLetterRedriven', DeadLetterRedrivenData>;

/** A service became up, degraded or down, as it sees itself. */
export type ServiceHealthChangedData = {
  /** Name of the service. */
  readonly service: string;
  /** How it is now. */
  readonly status: HealthStatus;
  /** Failing parts by name. */
  readonly details: Readonly<Record<string, string>>;
};

/** A service became up, degraded or down, as it sees itself. */
export type ServiceHealthChanged = DomainEvent<'ServiceHealthChanged', ServiceHealthChangedData>;

/** Every event of the context system. */
export type SystemEvent =
  | ConsumerLogAdopted
  | ConsumerMessageSkipped
  | DeadLetterDiscarded
  | DeadLetterParked
  | DeadLetterRedriven
  | ServiceHealthChanged;

/** Every reply of the context system. */
export type SystemReply =
  | CommandReplied;
