import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { outputs, staleFiles } from './outputs';

describe('generated files', () => {
  let root: string;
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const read = (file: string) => readFileSync(join(root, file), 'utf8');
  const schema = (...fields: string[]) =>
    JSON.stringify({
      type: 'record',
      name: 'Opened',
      namespace: 'codex.bank.v1',
      doc: 'Opened.',
      codexKind: 'event',
      codexStream: 'Account',
      fields: fields.map((name) => ({ name, doc: 'A field.', type: ['null', 'string'], default: null })),
    });
  const generate = (...amend: string[]) => {
    const files = outputs(root, new Set(amend));
    for (const file of staleFiles(root, files)) write(file, files.get(file)!);
    return [...files.keys()];
  };

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'codegen-'));
    write('schemas/avro/bank/Opened.avsc', schema('owner'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are the types, the catalogue of schemas and topics, the lock and the page', () => {
    expect(generate()).toEqual([
      'schemas/avro/ids.lock.json',
      'libs/contracts/src/nested-types.gen.ts',
      'libs/contracts/src/bank.gen.ts',
      'libs/contracts/src/contexts.gen.ts',
      'libs/contracts/src/schemas.gen.ts',
      'libs/contracts/src/topics.gen.ts',
      'docs/event-catalogue.md',
      'infra/terraform/environments/managed/topics.auto.tfvars.json',
      'schemas/corpus/1-Opened.json',
      'schemas/corpus/corpus.lock.json',
    ]);
    expect(JSON.parse(read('infra/terraform/environments/managed/topics.auto.tfvars.json')).topics).toMatchObject({
      'bank.events.v1': { partitions: 12, config: { 'retention.ms': '-1' } },
    });
    expect(read('docs/event-catalogue.md')).toContain('| `owner` | null or string | A field. |');
  });

  it('are fresh after writing, and stale after a change of a schema or of themselves', () => {
    generate();
    expect(staleFiles(root, outputs(root))).toEqual([]);
    write('libs/contracts/src/bank.gen.ts', '');
    expect(staleFiles(root, outputs(root))).toEqual(['libs/contracts/src/bank.gen.ts']);
    generate();
    write('schemas/avro/bank/Opened.avsc', schema('owner', 'branch'));
    expect(staleFiles(root, outputs(root))).toContain('schemas/avro/ids.lock.json');
  });

  it('keep what a changed schema said before, once', () => {
    generate();
    write('schemas/avro/bank/Opened.avsc', schema('owner', 'branch'));
    generate();
    expect(JSON.parse(read('schemas/avro/bank/Opened@1.avsc'))).toEqual(JSON.parse(schema('owner')));
    expect(Object.keys(JSON.parse(read('schemas/avro/ids.lock.json')) as object)).toEqual(['1', '2']);
    expect(staleFiles(root, outputs(root))).toEqual([]);
    expect(read('libs/contracts/src/bank.gen.ts')).toContain('branch');
  });

  it('keep the id of a schema that is amended', () => {
    generate();
    write('schemas/avro/bank/Opened.avsc', schema('branch'));
    generate('Opened');
    expect(Object.keys(JSON.parse(read('schemas/avro/ids.lock.json')) as object)).toEqual(['1']);
    expect(staleFiles(root, outputs(root))).toEqual([]);
  });
});
