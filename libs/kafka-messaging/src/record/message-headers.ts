import type { RecordHeaders } from '../driver/kafka-driver';
import type { MessageKind } from './message-kind';

/** Names of the headers, CloudEvents 1.0 in binary mode and ours. They are part of the public contract. */
export const Header = {
  specVersion: 'ce_specversion',
  id: 'ce_id',
  type: 'ce_type',
  source: 'ce_source',
  subject: 'ce_subject',
  time: 'ce_time',
  dataSchema: 'ce_dataschema',
  contentType: 'content-type',
  traceparent: 'traceparent',
  correlationId: 'correlation-id',
  causationId: 'causation-id',
  tenantId: 'tenant-id',
  actor: 'actor',
  streamVersion: 'stream-version',
  kind: 'codex-kind',
  commandId: 'command-id',
  sourceEra: 'source-era',
} as const;

const SCHEMA_URN = 'urn:codex:schema:';
const KINDS: ReadonlyMap<string | undefined, MessageKind> = new Map([
  ['event', 'event'],
  ['command', 'command'],
  ['reply', 'reply'],
]);

/** One header as text; undefined when it is missing. Of a repeated header the first counts. */
export function headerText(headers: RecordHeaders, name: string): string | undefined {
  const value = headers[name];
  if (typeof value === 'string' || value === undefined) return value;
  if (Buffer.isBuffer(value)) return value.toString();
  if (Array.isArray(value)) return value[0]?.toString();
  return undefined;
}

/** The kind, or undefined for anything else than the three. */
export function headerKind(headers: RecordHeaders): MessageKind | undefined {
  return KINDS.get(headerText(headers, Header.kind));
}

/** A positive integer, or undefined. */
export function headerInteger(headers: RecordHeaders, name: string): number | undefined {
  const text = headerText(headers, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** `urn:codex:schema:<lock id>:<full name>` */
export function schemaUrn(schemaId: number, fullName: string): string {
  return `${SCHEMA_URN}${schemaId}:${fullName}`;
}

/** The lock id in a `ce_dataschema`; undefined when it is not one of ours. */
export function schemaIdOfUrn(urn: string | undefined): number | undefined {
  if (urn === undefined || !urn.startsWith(SCHEMA_URN)) return undefined;
  const id = Number.parseInt(urn.slice(SCHEMA_URN.length), 10);
  return id > 0 ? id : undefined;
}
