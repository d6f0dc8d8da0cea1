import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import { parse } from 'yaml';
import schema from './compose-file.schema.json';

interface ComposeFile {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
}

interface Service {
  readonly image: string;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
}

const text = readFileSync(join(__dirname, '../../../docker-compose.kafka.yml'), 'utf8');
const validate = new Ajv({ allErrors: true, strict: false }).compile(schema);

function problems(source: string): readonly string[] {
  const file = parse(source, { strict: true, uniqueKeys: true }) as ComposeFile;
  if (!validate(file)) return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  const services = Object.entries(file.services);
  const unknown = services.flatMap(([name, { depends_on: wanted = {}, volumes = [] }]) => [
    ...Object.keys(wanted).flatMap((one) => (one in file.services ? [] : [`${name} depends on unknown ${one}`])),
    ...volumes.flatMap((one) =>
      (one.split(':')[0] as string) in file.volumes ? [] : [`${name} mounts unknown volume ${one}`],
    ),
  ]);
  return unknown;
}

describe('docker-compose.kafka.yml', () => {
  it('is a valid compose file in which every service has a version, a health check and known neighbours', () => {
    expect(problems(text)).toEqual([]);
    expect(Object.keys(parse(text).services)).toEqual(['kafka', 'postgres', 'schema-registry', 'kafka-ui']);
  });

  it('publishes only to this machine, on ports that the launcher can move', () => {
    const ports = [...text.matchAll(/127\.0\.0\.1:\$\{([A-Z_]+):-/g)].map(([, name]) => name);
    expect(new Set(ports)).toEqual(new Set(['KAFKA_PORT', 'POSTGRES_PORT', 'SCHEMA_REGISTRY_PORT', 'KAFKA_UI_PORT']));
  });

  it.each([
    ['a tag without a version', (source: string) => source.replace('postgres:18.4-alpine', 'postgres:latest')],
    ['an unknown condition', (source: string) => source.replace('service_healthy', 'service_well')],
    [
      'an unknown dependency',
      (source: string) => source.replace('schema-registry:\n        condition', 'x:\n        condition'),
    ],
    ['an unknown key', (source: string) => source.replace('healthcheck:', 'health_check:')],
    ['an unknown volume', (source: string) => source.replace('- kafka-data:', '- other-data:')],
    ['a bad duration', (source: string) => source.replace('interval: 3s', 'interval: 3')],
    ['a port open to all', (source: string) => source.replace("'127.0.0.1:${KAFKA_PORT:-9092}:9092'", "'9092:9092'")],
  ])('is refused with %s', (_mistake, spoil) => {
    const spoiled = spoil(text);
    expect(spoiled).not.toEqual(text);
    expect(problems(spoiled)).not.toEqual([]);
  });
});
