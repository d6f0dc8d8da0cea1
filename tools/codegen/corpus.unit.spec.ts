import { corpusFaults, corpusOf, type Corpus, type CorpusFile } from './corpus';
import { fingerprint, type IdentifiedSchema } from './lock';
import { sampleCount, sampleOf } from './sample-values';
import type { AvroField, AvroRecord } from './schema-files';

const NOTHING: Corpus = { lock: {}, files: new Map() };

describe('the corpus', () => {
  it('holds samples of every version, with everything and with nothing that may be absent', () => {
    const { files, lock } = corpusOf([opened(1)], NOTHING, new Set());
    const { samples, id } = JSON.parse(files.get('1-Opened.json')!) as CorpusFile;
    expect([id, Object.keys(lock)]).toEqual([1, ['1']]);
    expect(samples.map(({ data }) => data)).toEqual([
      { accountId: expect.stringMatching(/^[0-9a-f-]{36}$/), owner: 'owner Zoë 0', kind: 'a' },
      { accountId: expect.any(String), owner: null, kind: 'c' },
      { accountId: expect.any(String), owner: 'owner Zoë 2', kind: 'b' },
      { accountId: expect.any(String), owner: 'owner Zoë 3', kind: 'c' },
    ]);
    expect(corpusFaults([opened(1)], { files, lock })).toEqual([]);
  });

  it('keeps what is there and adds what is new', () => {
    const first = corpusOf([opened(1)], NOTHING, new Set());
    const both = corpusOf([opened(1), opened(2, 'branch')], first, new Set());
    expect(both.files.get('1-Opened.json')).toBe(first.files.get('1-Opened.json'));
    expect(both.lock['1']).toBe(first.lock['1']);
    expect(corpusFaults([opened(1), opened(2, 'branch')], both)).toEqual([]);
  });

  it('gives an amended version new samples, and no other one', () => {
    const first = corpusOf([opened(1)], NOTHING, new Set());
    const changed = opened(1, 'branch');
    expect(corpusOf([changed], first, new Set(['Other'])).files).toEqual(first.files);
    const amended = corpusOf([changed], first, new Set(['Opened']));
    expect(amended.lock['1']).not.toBe(first.lock['1']);
    expect(corpusFaults([changed], amended)).toEqual([]);
  });

  it('may not lose, change or gain a file by hand', () => {
    const { files, lock } = corpusOf([opened(1)], NOTHING, new Set());
    const text = files.get('1-Opened.json')!;
    expect(corpusFaults([opened(1)], { lock, files: new Map() })).toEqual([
      'bank/Opened.avsc has no samples: run npm run codegen',
    ]);
    const edited = new Map([['1-Opened.json', text.replace('Zoë', 'Zoe')]]);
    expect(corpusFaults([opened(1)], { lock, files: edited })[0]).toContain('was changed: restore it');
    // The generator does not accept it either: the lock keeps what it said.
    expect(corpusOf([opened(1)], { lock, files: edited }, new Set()).lock).toEqual(lock);
    const more = new Map([...files, ['7-Closed.json', '{}']]);
    expect(corpusFaults([opened(1)], { lock, files: more })).toEqual([
      'schemas/corpus/7-Closed.json belongs to no schema version',
    ]);
  });

  it('must go on saying what it said', () => {
    const { files, lock } = corpusOf([opened(1)], NOTHING, new Set());
    const other = { ...opened(1, 'branch'), fingerprint: opened(1).fingerprint };
    expect(corpusFaults([other], { files, lock })[0]).toContain('is read as something else than before');
  });
});

describe('a sample', () => {
  it('shows every symbol of an enum', () => {
    const symbols = { type: 'enum', name: 'Kind', symbols: ['a', 'b', 'c', 'd'] };
    const seen = Array.from({ length: sampleCount(symbols) }, (_, no) => sampleOf(symbols, no));
    expect(new Set(seen)).toEqual(new Set(symbols.symbols));
  });

  it('has the same id wherever a field has the same name', () => {
    const record = (name: string) => ({ type: 'record', name, fields: [{ name: 'runId', type: 'string' }] });
    expect(sampleOf(record('A'), 0)).toEqual(sampleOf(record('B'), 1));
  });

  it('is refused for a type that nobody has thought of', () => {
    expect(() => sampleOf('bytes', 0)).toThrow('no sample of the Avro type bytes');
  });
});

function opened(id: number, text = 'owner'): IdentifiedSchema {
  const fields: AvroField[] = [
    { name: 'accountId', type: 'string' },
    { name: text, type: ['null', 'string'] },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['a', 'b', 'c'] } },
  ];
  const schema: AvroRecord = {
    ...{ type: 'record', name: 'Opened', namespace: 'codex.bank.v1' },
    ...{ codexKind: 'event', codexStream: 'Account', fields },
  };
  const file = { context: 'bank', name: 'Opened', version: null, file: 'bank/Opened.avsc', schema };
  return { id, file, fingerprint: fingerprint(schema) };
}
