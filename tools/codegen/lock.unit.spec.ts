import type { LockInput } from './lock';
import { fingerprint, updateLock } from './lock';
import type { AvroRecord, SchemaFile } from './schema-files';

const schema = (name: string, fields: readonly string[], doc = 'd'): AvroRecord => ({
  type: 'record',
  name,
  namespace: 'codex.bank.v1',
  doc,
  codexKind: 'event',
  codexStream: 'Account',
  fields: fields.map((field) => ({ name: field, doc, type: 'string' })),
});

const file = (record: AvroRecord, version: number | null = null): SchemaFile => {
  const suffix = version === null ? '' : `@${version}`;
  return { context: 'bank', name: record.name, version, file: `bank/${record.name}${suffix}.avsc`, schema: record };
};

const update = (input: Partial<LockInput>) =>
  updateLock({ lock: {}, files: [], generated: new Map(), amend: new Set(), ...input });

const opened = schema('Opened', ['owner']);
const closed = schema('Closed', ['reason']);
const first = update({ files: [file(opened), file(closed)] });
const generated = new Map([[1, opened], [2, closed]]); // prettier-ignore

describe('ids of schemas', () => {
  it('are given in order', () => {
    expect(first.lock).toEqual({
      1: { name: 'codex.bank.v1.Opened', file: 'bank/Opened.avsc', fingerprint: fingerprint(opened) },
      2: { name: 'codex.bank.v1.Closed', file: 'bank/Closed.avsc', fingerprint: fingerprint(closed) },
    });
  });

  it('stay when nothing changed, or only the documentation', () => {
    const files = [file(schema('Opened', ['owner'], 'better words')), file(closed)];
    expect(update({ lock: first.lock, files, generated }).lock).toEqual(first.lock);
  });

  it('are new for a changed schema, and the older version is kept under its id', () => {
    const wider = schema('Opened', ['owner', 'branch']);
    const second = update({ lock: first.lock, files: [file(wider), file(closed)], generated });
    expect(second.archived).toEqual([file(opened, 1)]);
    expect(second.lock['1']).toEqual({ ...first.lock['1'], file: 'bank/Opened@1.avsc' });
    expect(second.lock['3']).toMatchObject({ file: 'bank/Opened.avsc', fingerprint: fingerprint(wider) });

    const widest = schema('Opened', ['owner', 'branch', 'note']);
    const files = [file(opened, 1), file(widest), file(closed)];
    const third = update({ lock: second.lock, files, generated: new Map([...generated, [3, wider]]) });
    expect(third.archived).toEqual([file(wider, 2)]);
    expect(Object.keys(third.lock)).toEqual(['1', '2', '3', '4']);
  });

  it('are never given twice', () => {
    const files = [file(opened), file(closed), file(schema('Renamed', ['owner']))];
    expect(Object.keys(update({ lock: { ...first.lock, 17: first.lock['2']! }, files, generated }).lock)).toContain(
      '18',
    );
  });

  it('stay for a schema that was never published, when asked', () => {
    const files = [file(schema('Opened', ['holder'])), file(closed)];
    const amended = update({ lock: first.lock, files, generated, amend: new Set(['Opened']) });
    expect(Object.keys(amended.lock)).toEqual(['1', '2']);
    expect(amended.archived).toEqual([]);
  });
});

describe('the lock is refused', () => {
  it('when a schema is gone', () => {
    expect(() => update({ lock: first.lock, files: [file(opened)], generated })).toThrow(
      /Closed.avsc has id 2 and is gone/,
    );
  });

  it('when a kept version was edited', () => {
    const lock = { ...first.lock, 1: { ...first.lock['1']!, file: 'bank/Opened@1.avsc' } };
    const files = [file(schema('Opened', ['holder']), 1), file(closed)];
    expect(() => update({ lock, files, generated })).toThrow(/Opened@1.avsc has id 1 and was changed/);
  });

  it('when an older version was put there by hand', () => {
    const files = [file(opened), file(opened, 1), file(closed)];
    expect(() => update({ lock: first.lock, files, generated })).toThrow(/Opened@1.avsc has no id/);
  });

  it('when nobody knows any more what a changed schema said before', () => {
    const files = [file(schema('Opened', ['holder'])), file(closed)];
    expect(() => update({ lock: first.lock, files })).toThrow(/restore it/);
  });
});
