import { createHash } from 'node:crypto';
import { canonicalEntry, dataHash, leafHash, type AuditEntry } from './audit-entry';

const entry: AuditEntry = {
  messageId: '0190b6f0-0000-7000-8000-000000000001',
  tenantId: '0190b6f0-0000-7000-8000-000000000002',
  context: 'project',
  stream: 'Project-0190b6f0-0000-7000-8000-000000000003',
  version: 1,
  type: 'ProjectCreated',
  schemaId: 17,
  actor: 'key-member',
  correlationId: 'c-1',
  causationId: 'k-1',
  outcome: 'accepted',
  recordedAt: '2026-01-01T00:00:00.000001Z',
  dataHash: dataHash(Buffer.from('salt'), Buffer.from('body')),
};

describe('an audit entry', () => {
  it('is written with its keys in alphabetical order, whatever order they came in', () => {
    const shuffled = Object.fromEntries(Object.entries(entry).toReversed()) as unknown as AuditEntry;
    expect(canonicalEntry(shuffled)).toEqual(canonicalEntry(entry));
    const written = Object.entries(JSON.parse(canonicalEntry(entry).toString()) as object);
    expect(written).toEqual(Object.entries(entry).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    expect(canonicalEntry(entry).toString()).toMatch(/^\{"actor":"key-member","causationId":"k-1","context":"project"/);
  });

  it('hashes as an RFC 6962 leaf', () => {
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.of(0), canonicalEntry(entry)]))
      .digest();
    expect(leafHash(entry)).toEqual(expected);
  });

  it('has a hash of its body that needs the salt', () => {
    const body = Buffer.from('body');
    expect(dataHash(Buffer.from('salt'), body)).not.toBe(dataHash(Buffer.from('other'), body));
    expect(dataHash(Buffer.from('salt'), body)).toBe(
      createHash('sha256').update(Buffer.from('saltbody')).digest('hex'),
    );
  });

  it.each(Object.keys(entry) as (keyof AuditEntry)[])('changes its leaf hash when %s changes', (field) => {
    const changed = { ...entry, [field]: field === 'version' || field === 'schemaId' ? 99 : 'changed' } as AuditEntry;
    expect(leafHash(changed)).not.toEqual(leafHash(entry));
  });
});
