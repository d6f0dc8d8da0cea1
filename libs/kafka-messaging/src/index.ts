export * from './driver/kafka-driver';
export {
  connectionMistakes,
  KafkaConfigurationError,
  type KafkaConnection,
  type SaslCredentials,
  type SaslTokenProvider,
} from './driver/kafka-connection';
export { silentLogger, type MessagingLogger } from './driver/messaging-logger';
export { murmur2, partitionOf } from './driver/murmur2';
export { finiteRetention } from './driver/retention';
export { kafkajsDriver } from './kafkajs/kafkajs-driver';
export { platformaticDriver } from './platformatic/platformatic-driver';
export { Header, headerText, schemaIdOfUrn, schemaUrn } from './record/message-headers';
export { splitSchemaPrefix, withSchemaPrefix } from './record/wire-format';
export type { MessageKind } from './record/message-kind';
export { readMessage, type ConsumedMessage, type MessageReader, type ReadMessage } from './record/consumed-message';
export { outgoingRecord, type Addressing, type PublishableMessage } from './record/outgoing-message';
export { Relay, type RelayOptions, type RelayStatus } from './relay/relay';
export { BatchSender, type SendingTurn } from './relay/batch-sender';
export { TopicCopy, TopicLeft, type EventTopic, type TopicMoves, type TopicState } from './relay/topic-copy';
export type { RelayBlocker, RelayCursor, RelayLock, RelayRow, RelaySource } from './relay/relay-source';
export { BatchConsumer, type ConsumerParts } from './consumer/batch-consumer';
export type { ConsumerDeclaration } from './consumer/consumer-declaration';
export type { ConsumerHealth, ConsumerState } from './consumer/consumer-health';
export { defaultFailurePolicy, kindOfFailure, type FailurePolicy, type FailureRule } from './consumer/failure-policy';
export { LogFollower, type FollowedRecords, type LogFollowerOptions } from './follow/log-follower';
export { hasReached, logExtent, LogLayout, type LogExtent, type LogPositions } from './follow/log-layout';
export { readLog, type ReadLogOptions, type ReadRecords } from './follow/read-log';
export { Wakeup } from './flow/wakeup';
export { inboxMigrations } from './inbox/inbox.migrations';
export { inboxChores, type InboxRetention } from './inbox/inbox-chores';
export {
  countParked,
  listDeadLetters,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterStatus,
} from './inbox/dead-letter-list';
export type { DeadLetterDesk, WaitingPosition } from './inbox/dead-letter-desk';
export type {
  AdoptedLog,
  DeadLetterFact,
  DeadLetterJournal,
  LogAdoptionFact,
  MessageOrigin,
  OperatorAct,
} from './inbox/dead-letter-journal';
export type { GroupResult } from './inbox/failure-group';
export { failureGroupOf } from './inbox/failure-report';
export type { ReleaseResult } from './inbox/queue-drain';
export { listWaiting, type WaitingMessage } from './inbox/waiting-store';
export {
  ConsumerFenced,
  ConsumerMovedOn,
  DeadLetterNotParked,
  LogBehind,
  LogKnown,
  LogLeft,
  LogReplaced,
  RebuildInstead,
} from './inbox/inbox-errors';
export { beginAt } from './inbox/inbox-store';
export type { LogAdoption } from './inbox/log-adoption';
export { requireReach, requireSameLogs } from './inbox/log-identity';
export { KafkaConsumerStrategy, type RunnableConsumer } from './nest/kafka-consumer.strategy';
