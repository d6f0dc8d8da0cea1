import { copyText } from './copy-text';

describe('rows as text for COPY', () => {
  const columns = { id: 'integer', text: 'text', open: 'boolean', data: 'jsonb', raw: 'json' } as const;

  it('separate columns and rows, and tell null from text', () => {
    const rows = [
      { id: 1, text: 'a', open: true, data: { b: 1 }, raw: 'text' },
      { id: null, text: 'null', open: false, data: null, raw: [null] },
      { id: 3, text: '', data: 0 },
    ];
    expect(copyText(rows, columns)).toBe(
      '1\ta\ttrue\t{"b":1}\t"text"\n\\N\tnull\tfalse\t\\N\t[null]\n3\t\t\\N\t0\t\\N\n',
    );
  });

  it('escape what would end a column or a row, or mean something else', () => {
    const rows = [
      { id: 1, text: 'tab\tline\nreturn\rback\\slash \\N \\.', open: true, data: { t: '\t"\\' }, raw: null },
    ];
    expect(copyText(rows, columns)).toBe(
      '1\ttab\\tline\\nreturn\\rback\\\\slash \\\\N \\\\.\ttrue\t{"t":"\\\\t\\\\"\\\\\\\\"}\t\\N\n',
    );
  });
});
