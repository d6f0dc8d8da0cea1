import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run new:event -- <context> <Name> <Stream> [--kind command|reply]` writes a schema to fill in. What an event says
 * can't be taken back once it was published: the doc texts are left empty on purpose, `schemas:check` wants them.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kind: { type: 'string', default: 'event' } },
});
const [context = '', name = '', stream = ''] = positionals;
const file = resolve(__dirname, '../../schemas/avro', context, `${name}.avsc`);

const fault = usageFault();
if (fault !== null) {
  console.error(
    `new:event: ${fault}\nusage: npm run new:event -- <context> <Name> <Stream> [--kind event|command|reply]`,
  );
  process.exitCode = 1;
} else {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(skeleton(), null, 2)}\n`, { flag: 'wx' });
  console.log(`${file}\nDescribe it and its fields, then: npm run schemas:check && npm run codegen`);
}

function usageFault(): string | null {
  if (!/^[a-z]+(-[a-z]+)*$/.test(context)) return 'the context is a kebab-case word';
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) return 'the name is PascalCase: a noun and a past participle for an event';
  if (!/^([A-Z][A-Za-z0-9]*|\*)$/.test(stream)) return 'the stream is a category in PascalCase';
  if (!['event', 'command', 'reply'].includes(values.kind)) return 'the kind is event, command or reply';
  return existsSync(file) ? `${file} exists` : null;
}

function skeleton() {
  const id = stream === '*' ? 'target' : `${stream[0]!.toLowerCase()}${stream.slice(1)}Id`;
  return {
    type: 'record',
    name,
    namespace: `codex.${context.replaceAll('-', '_')}.v1`,
    doc: '',
    codexKind: values.kind,
    codexStream: stream,
    fields: [{ name: id, doc: '', type: 'string' }],
  };
}
