import type { IdentifiedSchema } from './lock';
import type { AvroRecord, MessageKind } from './schema-files';

/** A message as of today: the newest version of its schema. */
export interface Message {
  readonly id: number;
  readonly name: string;
  readonly context: string;
  readonly kind: MessageKind;
  readonly stream: string;
  readonly isPublic: boolean;
  readonly file: string;
  readonly schema: AvroRecord;
}

/** A topic as it is to be created. */
export interface Topic {
  readonly name: string;
  readonly context: string;
  readonly kind: MessageKind;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** The newest messages, by context and name. A name used twice is an error: `ce_type` carries the name alone. */
export function messagesOf(schemas: readonly IdentifiedSchema[]): Message[] {
  const current = schemas.filter(({ file }) => file.version === null);
  const messages = current.map(({ id, file }): Message => {
    const { codexKind: kind, codexStream: stream, codexPublic } = file.schema;
    const isPublic = kind === 'event' && (codexPublic ?? file.context !== 'system');
    return { id, name: file.name, context: file.context, kind, stream, isPublic, file: file.file, schema: file.schema };
  });
  messages.sort((a, b) => (`${a.context}/${a.name}` < `${b.context}/${b.name}` ? -1 : 1));
  const twice = messages.find((message, i) => messages.findIndex((other) => other.name === message.name) !== i);
  if (twice !== undefined) throw new Error(`${twice.file}: the name ${twice.name} is taken in another context`);
  return messages;
}

/** Every context has its events, commands and replies. Partitions are fixed for the life of a topic. */
export function topicsOf(contexts: readonly string[]): Topic[] {
  return contexts.flatMap((context) => [
    { name: `${context}.events.v1`, context, kind: 'event' as const, partitions: 12, config: KEPT },
    { name: `${context}.commands.v1`, context, kind: 'command' as const, partitions: 12, config: FORGOTTEN },
    { name: `${context}.replies.v1`, context, kind: 'reply' as const, partitions: 3, config: KEPT },
  ]);
}

/** Events are the log everything is rebuilt from, replies the only trace of a refusal: neither may ever expire. */
const KEPT = { 'cleanup.policy': 'delete', 'retention.ms': '-1' };

/** 14 days: a process sends an unanswered command again, so an expired one is late but not lost. */
const FORGOTTEN = { 'cleanup.policy': 'delete', 'retention.ms': String(14 * 24 * 3600 * 1000) };

/** `work-item` is `WorkItem`. */
export function pascalCase(context: string): string {
  return context.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
