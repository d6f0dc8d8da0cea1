import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { contextOfType, topicCatalogue, topicOf, type MessageKind } from '@codex/contracts';

const here = __dirname;
const apps = join(here, '../../apps');
const files = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tf'));

interface Access {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly group_prefix: string;
}
type Block = Readonly<Record<string, unknown>>;

const read = (file: string): string => readFileSync(join(here, file), 'utf8');
const parsed = async (file: string): Promise<Block> => (await parse(basename(file), read(file))) as Block;
const namesOf = (kind: MessageKind): string[] =>
  topicCatalogue.filter((topic) => topic.kind === kind).map(({ name }) => name);

/** The lists that `services.tf` makes of the catalogue. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  '${local.events}': namesOf('event'),
  '${concat(local.events, local.replies)}': [...namesOf('event'), ...namesOf('reply')],
};

async function services(): Promise<ReadonlyMap<string, Access>> {
  const { locals } = (await parsed('environments/managed/services.tf')) as {
    locals: [{ services: Record<string, { reads: string | string[]; writes: string[]; group_prefix: string }> }];
  };
  return new Map(
    Object.entries(locals[0].services).map(([name, { reads, ...rest }]) => [
      name,
      { ...rest, reads: typeof reads === 'string' ? LISTS[reads]! : reads },
    ]),
  );
}

function sourcesOf(app: string): string {
  const folder = join(apps, app, 'src');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /(?<!\.spec)\.ts$/.test(file),
  );
  return sources.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
}

/** Topics that an app names, in full or by a message on them. What it publishes it never names: its relay knows. */
function topicsNamedBy(app: string): Set<string> {
  const source = sourcesOf(app);
  const literal = [...source.matchAll(/'([a-z-]+\.(?:events|commands|replies)\.v\d+)'/g)].map(([, name]) => name!);
  const byMessage = [...source.matchAll(/topicOf\(\{ kind: '(\w+)', type: '(\w+)'/g)].map(([, kind, type]) =>
    topicOf({ kind: kind as MessageKind, type: type!, context: contextOfType(type!) }),
  );
  return new Set([...literal, ...byMessage]);
}

describe('the Terraform files', () => {
  it.each(files)('%s is HCL', async (file) => {
    expect(Object.keys(await parsed(file))).not.toEqual([]);
  });

  it('give every module all the variables it needs, and no others', async () => {
    const { module: modules } = (await parsed('environments/managed/main.tf')) as {
      module: Record<string, [Block & { source: string }]>;
    };
    for (const [{ source, ...given }] of Object.values(modules)) {
      const folder = join(dirname('environments/managed/main.tf'), source);
      const { variable } = (await parsed(join(folder, 'variables.tf'))) as { variable: Record<string, [Block]> };
      const needed = Object.keys(variable).filter((name) => !('default' in variable[name]![0]));
      expect(Object.keys(given)).toEqual(expect.arrayContaining(needed));
      expect(Object.keys(variable)).toEqual(expect.arrayContaining(Object.keys(given)));
    }
  });

  it('hide every password, and protect topics and databases from being destroyed', async () => {
    for (const file of files.filter((name) => name.endsWith('variables.tf'))) {
      const { variable } = (await parsed(file)) as { variable: Record<string, [Block]> };
      const secrets = Object.entries(variable).filter(([name]) => /password|_admin$/.test(name));
      expect(secrets.filter(([, [block]]) => block['sensitive'] !== true)).toEqual([]);
    }
    expect(read('modules/kafka/topics.tf')).toContain('prevent_destroy = true');
    expect(read('modules/postgres/main.tf')).toContain('prevent_destroy = true');
  });
});

describe('what services may do', () => {
  it('names topics of the catalogue only, and groups by the name of the service', async () => {
    const known = new Set(topicCatalogue.map(({ name }) => name));
    for (const [name, { reads, writes, group_prefix }] of await services()) {
      expect([...reads, ...writes].filter((topic) => !known.has(topic))).toEqual([]);
      expect(group_prefix).toBe(`${name}.`);
    }
  });

  it('lets each read what its code consumes, and a service with consumers of its own no more than that', async () => {
    for (const [name, { reads }] of await services()) {
      const named = topicsNamedBy(name);
      expect([...named].filter((topic) => !reads.includes(topic))).toEqual([]);
      const readsTheCatalogue = /topicCatalogue|eventTopics/.test(sourcesOf(name));
      if (!readsTheCatalogue) expect(reads.filter((topic) => !named.has(topic))).toEqual([]);
    }
  });

  it('has one writer for the events and replies of each context but system', async () => {
    const granted = [...(await services()).values()].flatMap(({ writes }) => writes);
    const owned = topicCatalogue.filter(({ kind, context }) => kind !== 'command' && context !== 'system');
    for (const { name } of owned) expect([name, granted.filter((topic) => topic === name).length]).toEqual([name, 1]);
  });
});
