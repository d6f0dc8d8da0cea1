import type { Context } from './contexts.gen';
import type { MessageKind } from './schema-entry';

/** A topic as it is created. `config` are Kafka's topic settings. */
export interface TopicDefinition {
  /** `<context>.<events|commands|replies>.v1` */
  readonly name: string;
  readonly context: Context;
  readonly kind: MessageKind;
  /** Fixed for the life of the topic: another number would move keys to other partitions and break their order. */
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}
