import type { SchemaEntry } from './schema-entry';
import { schemaCodec } from './schema-codec';

const entry = (id: number, current: boolean, fields: readonly unknown[]): SchemaEntry => ({
  id,
  name: 'Opened',
  fullName: 'codex.project.v1.Opened',
  context: 'project',
  kind: 'event',
  stream: 'Account',
  isPublic: true,
  current,
  file: current ? 'Opened.avsc' : `Opened@${id}.avsc`,
  fingerprint: '',
  avro: JSON.stringify({ type: 'record', name: 'Opened', namespace: 'codex.project.v1', fields }),
});

const owner = { name: 'owner', type: 'string' };
const note = { name: 'note', type: ['null', 'string'], default: null };
const at = { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } };
const extra = { name: 'extra', type: ['null', { type: 'string', logicalType: 'json' }], default: null };
const rows = {
  name: 'rows',
  type: { type: 'array', items: { type: 'record', name: 'Row', fields: [note] } },
  default: [],
};

describe('a codec over several versions of a schema', () => {
  const older = schemaCodec([entry(3, true, [owner, note, at])]);
  const both = schemaCodec([entry(3, false, [owner, note, at]), entry(9, true, [owner, at, extra, rows])]);
  const data = { owner: 'Ada', note: 'x', at: '2026-11-21T01:02:03.456Z' };

  it('reads bytes of the older one in the newest shape, new fields by their default, dropped ones gone', () => {
    const written = older.encode('Opened', data);
    expect(both.decode(written.schemaId, written.data)).toStrictEqual({
      type: 'Opened',
      data: { owner: 'Ada', at: data.at, extra: null, rows: [] },
    });
  });

  it('writes the newest one', () => {
    const written = both.encode('Opened', {
      owner: 'Ada',
      at: data.at,
      extra: { a: [1, null] },
      rows: [{ note: null }],
    });
    expect(written.schemaId).toBe(9);
    expect(both.decode(9, written.data).data).toStrictEqual({
      owner: 'Ada',
      at: data.at,
      extra: { a: [1, null] },
      rows: [{ note: null }],
    });
  });

  it('does not fill in a default for a field somebody forgot to write', () => {
    expect(() => both.encode('Opened', { owner: 'Ada', at: data.at, extra: null })).toThrow(/rows is missing/);
  });

  it('takes no time in another spelling: it would not come back the same', () => {
    const micros = { ...data, at: '2026-11-21T01:02:03.456789Z' };
    expect(() => older.encode('Opened', micros)).toThrow(/at is a string, expected logical:timestamp-millis/);
    expect(() => older.encode('Opened', { ...data, at: '2026-11-21T01:02:03+01:00' })).toThrow(/UNENCODABLE|at is/);
  });

  it('keeps a key that JavaScript treats in a special way', () => {
    const labels = schemaCodec([entry(1, true, [{ name: 'labels', type: { type: 'map', values: 'string' } }])]);
    const special = JSON.parse('{"labels":{"__proto__":"x","constructor":"y"}}') as unknown;
    const written = labels.encode('Opened', special);
    expect(JSON.stringify(labels.decode(1, written.data).data)).toBe(JSON.stringify(special));
  });

  it('does not believe a list that claims more items than there are bytes', () => {
    const list = schemaCodec([entry(1, true, [{ name: 'items', type: { type: 'array', items: 'string' } }])]);
    const claims = Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    expect(() => list.decode(1, claims)).toThrow(expect.objectContaining({ code: 'UNDECODABLE' }) as Error);
  });
});
