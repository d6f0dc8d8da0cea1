import type { Context } from './contexts.gen';

/** What a message is on the wire. */
export type MessageKind = 'event' | 'command' | 'reply';

/** One version of one schema. `id` is stored beside every message written with it and is never given to another. */
export interface SchemaEntry {
  readonly id: number;
  /** The message's type: record name, TypeScript name and `ce_type`. */
  readonly name: string;
  /** With the namespace: `codex.<context>.v1.<name>`. */
  readonly fullName: string;
  readonly context: Context;
  readonly kind: MessageKind;
  /** Category of the streams it belongs to, `*` when it may be about any. */
  readonly stream: string;
  /** Whether clients may follow it live. */
  readonly isPublic: boolean;
  /** Whether it is the newest version, the one that is written. */
  readonly current: boolean;
  /** Relative to schemas/avro. */
  readonly file: string;
  readonly fingerprint: string;
  /** The Avro schema as JSON text. */
  readonly avro: string;
}
