import { dataHash, leafHash } from '../../../../apps/audit/src/domain/audit-entry';
import { storedMessages, type AuditRecord, type Evidence, type StoredMessage } from '../evidence';
import type { Finding } from '../finding';

const rule = 'audit-complete';

/** The leaves of the audit store are all events and all refusals, each once, under a gapless index, with the right hash. */
export function* auditComplete(evidence: Evidence): Iterable<Finding> {
  const { records, nextIndex } = evidence.audit;
  yield* gapless(records, nextIndex);
  const recorded = Map.groupBy(records, ({ entry }) => entry.messageId);
  const known = new Set<string>();
  for (const message of storedMessages(evidence).filter(isRecorded)) {
    known.add(message.metadata.messageId);
    yield* recordedOnce(message, recorded.get(message.metadata.messageId) ?? []);
  }
  for (const record of records) {
    yield* sealed(record);
    if (!known.has(record.entry.messageId))
      yield { rule, about: nameOf(record), expected: 'only what is stored', seen: `leaf ${record.index}` };
  }
}

function isRecorded({ kind, data }: StoredMessage): boolean {
  return kind === 'event' || (kind === 'reply' && data['outcome'] === 'refused');
}

function* gapless(records: readonly AuditRecord[], nextIndex: number): Iterable<Finding> {
  const wrong = records.findIndex(({ index }, place) => index !== place);
  if (wrong >= 0) yield { rule, about: 'the index', expected: `${wrong}`, seen: `${records[wrong]!.index}` };
  if (records.length !== nextIndex)
    yield { rule, about: 'the index', expected: `${nextIndex} leaves`, seen: `${records.length}` };
}

function* recordedOnce(message: StoredMessage, records: readonly AuditRecord[]): Iterable<Finding> {
  const { type, stream, version, metadata } = message;
  const about = `${type} ${stream}@${version ?? metadata.messageId}`;
  if (records.length !== 1) {
    const seen = records.length === 0 ? 'none' : records.map(({ index }) => index).join(' and ');
    yield { rule, about, expected: 'one leaf', seen };
    return;
  }
  const { entry, data } = records[0]!;
  const told = [entry.type, entry.stream, entry.version, entry.tenantId, entry.actor, entry.correlationId];
  const stored = [type, stream, version, message.tenantId, metadata.actor, metadata.correlationId];
  if (told.join() !== stored.join()) yield { rule, about, expected: stored.join(), seen: told.join() };
  if (data !== null && !data.equals(message.raw))
    yield { rule, about, expected: 'the stored body', seen: `another one in leaf ${records[0]!.index}` };
}

function* sealed(record: AuditRecord): Iterable<Finding> {
  const { entry, salt, data } = record;
  if (!leafHash(entry).equals(record.leafHash))
    yield {
      rule,
      about: nameOf(record),
      expected: leafHash(entry).toString('hex'),
      seen: record.leafHash.toString('hex'),
    };
  if (salt !== null && data !== null && dataHash(salt, data) !== entry.dataHash)
    yield { rule, about: nameOf(record), expected: dataHash(salt, data), seen: entry.dataHash };
}

function nameOf({ index, entry }: AuditRecord): string {
  return `leaf ${index}, ${entry.type} ${entry.stream}@${entry.version ?? entry.messageId}`;
}
