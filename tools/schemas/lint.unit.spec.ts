import type { AvroRecord, SchemaFile } from '../codegen/schema-files';
import { lintSchema } from './lint';

const good: AvroRecord = {
  type: 'record',
  name: 'AccountOpened',
  namespace: 'codex.cash_desk.v1',
  doc: 'An account was opened.',
  codexKind: 'event',
  codexStream: 'Account',
  fields: [
    { name: 'owner', doc: 'Who.', type: 'string' },
    { name: 'note', doc: 'Why.', type: ['null', 'string'], default: null },
    { name: 'at', doc: 'When.', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'coin', doc: 'Money.', type: { type: 'enum', name: 'Coin', doc: 'Coins.', symbols: ['penny'] } },
    { name: 'other', doc: 'More.', type: { type: 'array', items: 'Coin' } },
  ],
};
const lint = (schema: unknown, name = 'AccountOpened') =>
  lintSchema({ context: 'cash-desk', name, version: null, file: 'f', schema } as SchemaFile);
const withField = (field: object) => ({ ...good, fields: [{ name: 'a', doc: 'A.', type: 'string', ...field }] });
const record = (attributes: object) => ({
  type: 'record',
  name: 'Inner',
  doc: 'I.',
  fields: good.fields,
  ...attributes,
});

describe('a schema file', () => {
  it('may keep all rules', () => {
    expect(lint(good)).toEqual([]);
  });

  it.each([
    ['is no record', { ...good, type: 'enum' }, /must be a record/],
    ['is named otherwise than its record', { ...good, name: 'Opened' }, /record is named Opened/],
    [
      'has the namespace of another context',
      { ...good, namespace: 'codex.cash-desk.v1' },
      /must be codex\.cash_desk\.v1/,
    ],
    ['says nothing about its kind', { ...good, codexKind: undefined }, /codexKind/],
    ['says nothing about its stream', { ...good, codexStream: undefined }, /codexStream/],
    ['has no doc', { ...good, doc: undefined }, /AccountOpened has no doc/],
    ['has no fields', { ...good, fields: [] }, /no fields/],
    ['has a field without doc', withField({ doc: undefined }), /AccountOpened\.a has no doc/],
    [
      'has a nested field without doc',
      withField({ type: record({ fields: [{ name: 'x', type: 'int' }] }) }),
      /Inner\.x has no doc/,
    ],
    ['has a nested record without doc', withField({ type: record({ doc: ' ' }) }), /Inner has no doc/],
    ['has an enum without doc', withField({ type: { type: 'enum', name: 'E', symbols: ['a'] } }), /E has no doc/],
    [
      'has an empty nested record',
      withField({ type: { type: 'map', values: record({ fields: [] }) } }),
      /Inner has no fields/,
    ],
    ['has a field in another case', withField({ name: 'a_b' }), /camelCase/],
    ['has a nullable field without default', withField({ type: ['null', 'string'] }), /no default null/],
    ['has a union of several types', withField({ type: ['null', 'int', 'string'], default: null }), /only union/],
    ['has null second', withField({ type: ['string', 'null'], default: null }), /only union/],
    ['refers to what is defined elsewhere', withField({ type: 'codex.bank.v1.Coin' }), /nor defined before/],
    ['refers to what is defined later', { ...good, fields: [...good.fields].reverse() }, /Coin is no type/],
    ['holds bytes', withField({ type: 'bytes' }), /bytes is no type/],
    ['holds a fixed', withField({ type: { type: 'fixed', name: 'F', size: 2 } }), /fixed is no type/],
    ['has an unknown logical type', withField({ type: { type: 'int', logicalType: 'date' } }), /date is unknown/],
    [
      'has a logical type on another base',
      withField({ type: { type: 'long', logicalType: 'json' } }),
      /json belongs on string/,
    ],
    ['has a nested namespace', withField({ type: record({ namespace: 'x' }) }), /namespace of its own/],
    ['is not Avro', withField({ type: { type: 'enum', name: 'E', doc: 'E.', symbols: ['a b'] } }), /not valid Avro/],
  ])('that %s is reported', (_, schema, fault) => {
    expect(lint(schema).join('\n')).toMatch(fault);
  });

  it('must be named like its record', () => {
    expect(lint(good, 'Other').join()).toMatch(/the file Other/);
  });
});
