import type { AvroField, SchemaFile } from '../codegen/schema-files';
import { incompatibilities } from './compatibility';

const version = (n: number | null, fields: readonly AvroField[]): SchemaFile => ({
  context: 'bank',
  name: 'Opened',
  version: n,
  file: `bank/Opened${n === null ? '' : `@${n}`}.avsc`,
  schema: {
    type: 'record',
    name: 'Opened',
    namespace: 'codex.bank.v1',
    codexKind: 'event',
    codexStream: 'Account',
    fields,
  },
});
const owner: AvroField = { name: 'owner', type: 'string' };
const note: AvroField = { name: 'note', type: ['null', 'string'], default: null };
const branch: AvroField = { name: 'branch', type: 'string' };
const kind = (...symbols: string[]): AvroField => ({ name: 'kind', type: { type: 'enum', name: 'Kind', symbols } });
const both = [
  /Opened\.avsc can't read what bank\/Opened@1\.avsc wrote/,
  /Opened@1\.avsc can't read what bank\/Opened\.avsc wrote/,
];

const between = (older: readonly AvroField[], current: readonly AvroField[]) =>
  incompatibilities([version(1, older), version(null, current)]).join('\n');

describe('two versions of a schema', () => {
  it('are compatible when fields with a default come or go', () => {
    expect(between([owner], [owner, note])).toBe('');
    expect(between([owner, note], [owner])).toBe('');
  });

  it.each([
    ['a field without default is added', [owner], [owner, branch], both[0]!],
    ['a field without default is removed', [owner, branch], [owner], both[1]!],
    ['a symbol is added', [kind('a')], [kind('a', 'b')], both[1]!],
    ['a symbol is removed', [kind('a', 'b')], [kind('a')], both[0]!],
    ['a type changes', [owner], [{ ...owner, type: 'int' }], both[0]!],
    [
      'a type widens, which only one side can read',
      [{ ...owner, type: 'int' }],
      [{ ...owner, type: 'long' }],
      both[1]!,
    ],
    ['text turns into JSON', [owner], [{ ...owner, type: { type: 'string', logicalType: 'json' } }], both[0]!],
    [
      'a number turns into a time',
      [{ ...owner, type: 'long' }],
      [{ ...owner, type: { type: 'long', logicalType: 'timestamp-millis' } }],
      both[0]!,
    ],
  ])('are not when %s', (_, older, current, fault) => {
    expect(between(older, current)).toMatch(fault);
  });

  it('are compared with every older version, not just the last', () => {
    const files = [version(1, [owner, branch]), version(2, [owner, note]), version(null, [owner, note])];
    expect(incompatibilities(files).join()).toMatch(/Opened@1/);
    expect(incompatibilities(files).join()).not.toMatch(/Opened@2/);
  });
});
