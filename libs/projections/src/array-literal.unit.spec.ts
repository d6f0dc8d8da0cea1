import { arrayLiteral } from './array-literal';

describe('an array literal', () => {
  it.each([
    [
      'text',
      ['a', null, 'say "yes"', 'back\\slash', 'NULL', '{,}', '', undefined],
      '{"a",NULL,"say \\"yes\\"","back\\\\slash","NULL","{,}","",NULL}',
    ],
    ['integer', [1, -2, null], '{1,-2,NULL}'],
    ['boolean', [true, false], '{true,false}'],
    ['jsonb', [{ a: 'x"y' }, [1], 'text', null], '{"{\\"a\\":\\"x\\\\\\"y\\"}","[1]","\\"text\\"",NULL}'],
  ] as const)('of %s', (type, values, expected) => {
    const rows = values.map((value) => ({ field: value }));
    expect(arrayLiteral(rows, 'field', type)).toBe(expected);
  });

  it('of no rows is empty', () => {
    expect(arrayLiteral([], 'field', 'text')).toBe('{}');
  });
});
