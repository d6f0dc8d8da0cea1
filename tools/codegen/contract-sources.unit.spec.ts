import { contextSource, nestedSource, schemasSource } from './contract-sources';
import type { Message } from './message-catalogue';
import { messagesOf, topicsOf } from './message-catalogue';
import { nestedTypesOf } from './nested-types';
import type { AvroField, AvroRecord } from './schema-files';

const message = (
  context: string,
  name: string,
  fields: readonly AvroField[],
  kind: Message['kind'] = 'event',
): Message => {
  const namespace = `codex.${context}.v1`;
  const schema: AvroRecord = {
    type: 'record',
    name,
    namespace,
    doc: `${name}.`,
    codexKind: kind,
    codexStream: 'S',
    fields,
  };
  return { id: 1, name, context, kind, stream: 'S', isPublic: true, file: `${context}/${name}.avsc`, schema };
};
const field = (name: string, type: unknown): AvroField => ({ name, doc: `The ${name}.`, type: type as never });
const coin = (symbols: readonly string[]) => ({ type: 'enum', name: 'Coin', doc: 'Money.', symbols });
const at = { type: 'long', logicalType: 'timestamp-millis' };
const json = { type: 'string', logicalType: 'json' };

describe('types', () => {
  const opened = message('bank', 'Opened', [
    field('name', 'string'),
    field('count', ['null', 'int']),
    field('at', ['null', at]),
    field('extra', json),
    field('tags', { type: 'map', values: 'string' }),
    field('names', ['null', { type: 'array', items: ['null', 'string'] }]),
    field('coin', coin(['penny', 'pound'])),
  ]);
  const nested = nestedTypesOf([opened]);

  it('say what the codec takes and gives', () => {
    const source = contextSource('bank', [opened], nested);
    const members = source.split('\n').filter((line) => line.startsWith('  readonly'));
    expect(members.map((line) => line.trim())).toEqual([
      'readonly name: string;',
      'readonly count: number | null;',
      'readonly at: string | null;',
      'readonly extra: JsonValue;',
      'readonly tags: Readonly<Record<string, string>>;',
      'readonly names: (readonly (string | null)[]) | null;',
      'readonly coin: Coin;',
    ]);
    expect(source).toContain("export type Opened = DomainEvent<'Opened', OpenedData>;");
    expect(source).toContain("import type { JsonValue } from './json-value';");
    expect(source).toContain("import type { Coin } from './nested-types.gen';");
    expect(nestedSource(nested)).toContain("export type Coin = 'penny' | 'pound';");
  });

  it('have one base for each kind of message', () => {
    const all = [
      opened,
      message('bank', 'Open', [field('a', 'string')], 'command'),
      message('bank', 'Told', [], 'reply'),
    ];
    const source = contextSource('bank', all, nestedTypesOf(all));
    expect(source).toContain("export type Open = DomainCommand<'Open', OpenData>;");
    expect(source).toContain("export type Told = ReplyMessage<'Told', ToldData>;");
    expect(source).toContain('export type BankEvent =\n  | Opened;');
    expect(source).toContain('export type BankCommand =\n  | Open;');
  });

  it.each([
    [field('a', 'bytes'), /bytes/],
    [field('a', { type: 'fixed', name: 'F', size: 2 }), /fixed is not supported/],
    [field('a', { type: 'int', logicalType: 'date' }), /logical type date/],
    [field('a', 'Elsewhere'), /Elsewhere is not defined in the file/],
  ])('refuse %j', (wrong, reason) => {
    const bad = message('bank', 'Bad', [wrong]);
    expect(() => contextSource('bank', [bad], nestedTypesOf([bad]))).toThrow(reason);
  });
});

describe('names of nested types', () => {
  const names = (...messages: Message[]) => nestedTypesOf(messages).definitions.map(({ name }) => name);
  const a = message('bank', 'A', [field('coin', coin(['x']))]);

  it('are short when all mean the same, whatever their documentation', () => {
    expect(names(a, message('shop', 'B', [field('coin', { ...coin(['x']), doc: 'Other words.' })]))).toEqual(['Coin']);
  });
  it('take the context when contexts differ', () => {
    expect(names(a, message('shop', 'B', [field('coin', coin(['y']))]))).toEqual(['BankCoin', 'ShopCoin']);
  });
  it('take the message when messages of one context differ, or the name is a message', () => {
    expect(names(a, message('bank', 'B', [field('coin', coin(['y']))]))).toEqual(['ACoin', 'BCoin']);
    expect(names(a, message('bank', 'Coin', []))).toEqual(['BankCoin']);
  });
});

describe('catalogue', () => {
  const identified = (context: string, name: string, id: number, version: number | null = null) => {
    const { schema } = message(context, name, [field('a', 'string')]);
    return { id, fingerprint: 'f', file: { context, name, version, file: `${context}/${name}.avsc`, schema } };
  };

  it('knows a name once', () => {
    expect(() => messagesOf([identified('bank', 'Opened', 1), identified('shop', 'Opened', 2)])).toThrow(/is taken/);
  });

  it('lists only the newest version as a message, and every version as a schema', () => {
    const schemas = [identified('bank', 'Opened', 7, 1), identified('bank', 'Opened', 9)];
    const messages = messagesOf(schemas);
    expect(messages.map(({ id }) => id)).toEqual([9]);
    const lines = schemasSource(schemas, messages)
      .split('\n')
      .filter((line) => line.startsWith('  {"id":'));
    expect(lines.map((line) => JSON.parse(line.slice(0, -1)) as unknown)).toEqual([
      expect.objectContaining({ id: 7, current: false }),
      expect.objectContaining({ id: 9, current: true }),
    ]);
  });

  it('lets only commands expire', () => {
    const kept = topicsOf(['bank']).map(({ kind, config }) => [kind, config['retention.ms']]);
    expect(kept).toEqual([
      ['event', '-1'],
      ['command', '1209600000'],
      ['reply', '-1'],
    ]);
  });
});
