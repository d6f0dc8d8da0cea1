import { schemaOfType } from './catalogue';
import { dataSchemaUrn, fromWire, schemaIdOfUrn, toWire } from './wire-format';

describe('wire format', () => {
  it('is a zero byte, the id in four bytes, the body', () => {
    const value = toWire(0x01020304, Buffer.from('body'));
    expect(value.toString('hex')).toBe(`0001020304${Buffer.from('body').toString('hex')}`);
    expect(fromWire(value)).toEqual({ wireId: 0x01020304, body: Buffer.from('body') });
  });

  it.each([null, undefined, Buffer.of(), Buffer.of(0, 0, 0, 1), Buffer.of(1, 0, 0, 0, 1, 9)])('refuses %j', (value) => {
    expect(() => fromWire(value)).toThrow(expect.objectContaining({ kind: 'poison', code: 'UNDECODABLE' }) as Error);
  });

  it('names our schema in ce_dataschema', () => {
    const entry = schemaOfType('CommandReplied');
    expect(dataSchemaUrn(entry)).toBe(`urn:codex:schema:${entry.id}:codex.system.v1.CommandReplied`);
    expect(schemaIdOfUrn(dataSchemaUrn(entry))).toBe(entry.id);
  });

  it.each(['', 'https://example.org/1', 'urn:codex:schema::x', 'urn:codex:schema:0:x'])(
    'finds no id in "%s"',
    (urn) => {
      expect(() => schemaIdOfUrn(urn)).toThrow(expect.objectContaining({ code: 'UNKNOWN_SCHEMA' }) as Error);
    },
  );
});
