/** A dependency as its manifest names it. */
export interface Dependency {
  readonly name: string;
  readonly version: string | null;
  readonly scope: string;
}

/** A file that declares what a part of the repository depends on. */
export interface Manifest {
  readonly path: string;
  readonly kind: string;
  readonly name: string | null;
  readonly dependencies: readonly Dependency[];
}

type Parsed = Pick<Manifest, 'name' | 'dependencies'>;
type Parser = (text: string) => Parsed;

const PARSERS: readonly (readonly [file: RegExp, kind: string, parse: Parser])[] = [
  [/^package\.json$/, 'npm', packageJson],
  [/^composer\.json$/, 'composer', composerJson],
  [/^pom\.xml$/, 'maven', pomXml],
  [/^build\.gradle(\.kts)?$/, 'gradle', gradle],
  [/^go\.mod$/, 'go', goMod],
  [/^Cargo\.toml$/, 'cargo', cargoToml],
  [/^pyproject\.toml$/, 'python', pyproject],
  [/^requirements([-_.].*)?\.txt$/, 'python', requirements],
  [/^Gemfile$/, 'bundler', gemfile],
];

/** True for files that {@link parseManifest} understands. */
export function isManifest(path: string): boolean {
  return parserOf(path) !== undefined;
}

/** What a manifest declares. One that can't be read has no name and no dependencies: a broken file breaks nothing else. */
export function parseManifest(path: string, text: string): Manifest {
  const [, kind, parse] = parserOf(path)!;
  try {
    return { path, kind, ...parse(text) };
  } catch {
    return { path, kind, name: null, dependencies: [] };
  }
}

function parserOf(path: string) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return PARSERS.find(([pattern]) => pattern.test(name));
}

function packageJson(text: string): Parsed {
  const json = JSON.parse(text) as Record<string, unknown>;
  const scopes = {
    dependencies: 'runtime',
    devDependencies: 'development',
    peerDependencies: 'peer',
    optionalDependencies: 'optional',
  };
  return { name: textOrNull(json['name']), dependencies: fromMaps(json, scopes) };
}

function composerJson(text: string): Parsed {
  const json = JSON.parse(text) as Record<string, unknown>;
  return {
    name: textOrNull(json['name']),
    dependencies: fromMaps(json, { require: 'runtime', 'require-dev': 'development' }),
  };
}

function fromMaps(json: Record<string, unknown>, scopes: Readonly<Record<string, string>>): Dependency[] {
  return Object.entries(scopes).flatMap(([field, scope]) =>
    Object.entries((json[field] ?? {}) as object).map(([name, version]) => ({
      name,
      version: textOrNull(version),
      scope,
    })),
  );
}

function pomXml(text: string): Parsed {
  const own = text.replace(/<(parent|dependencies|dependencyManagement|build|profiles)>[\s\S]*?<\/\1>/g, '');
  const dependencies = [
    ...text
      .replace(/<(dependencyManagement|plugins)>[\s\S]*?<\/\1>/g, '')
      .matchAll(/<dependency>([\s\S]*?)<\/dependency>/g),
  ];
  return {
    name: xmlValue(own, 'artifactId'),
    dependencies: dependencies.flatMap(([, body]) => {
      const group = xmlValue(body!, 'groupId');
      const artifact = xmlValue(body!, 'artifactId');
      if (artifact === null) return [];
      return [
        {
          name: group === null ? artifact : `${group}:${artifact}`,
          version: xmlValue(body!, 'version'),
          scope: xmlValue(body!, 'scope') ?? 'compile',
        },
      ];
    }),
  };
}

function xmlValue(text: string, tag: string): string | null {
  return new RegExp(`<${tag}>\\s*([^<]*?)\\s*</${tag}>`).exec(text)?.[1] ?? null;
}

function gradle(text: string): Parsed {
  const declared = text.matchAll(
    /^\s*(api|implementation|compileOnly|runtimeOnly|testImplementation|testRuntimeOnly|annotationProcessor|kapt)[\s(]+["']([^"':]+:[^"':]+)(?::([^"']+))?["']/gm,
  );
  return {
    name: null,
    dependencies: [...declared].map(([, scope, name, version]) => ({
      name: name!,
      version: version ?? null,
      scope: scope!,
    })),
  };
}

function goMod(text: string): Parsed {
  const required = text.matchAll(
    /^\s*(?:require\s+)?([\w.-]+\.[\w.-]+\/\S+|[\w-]+\.[\w.-]+\/?\S*)\s+(v\S+)(\s*\/\/ indirect)?/gm,
  );
  return {
    name: /^module\s+(\S+)/m.exec(text)?.[1] ?? null,
    dependencies: [...required].map(([, name, version, indirect]) => ({
      name: name!,
      version: version!,
      scope: indirect ? 'indirect' : 'runtime',
    })),
  };
}

function cargoToml(text: string): Parsed {
  const sections = tomlSections(text);
  const dependencies = sections.flatMap(({ name, lines }) => {
    const scope = /(?:^|\.)(build-|dev-)?dependencies$/.exec(name);
    if (scope === null) return [];
    return lines.map(([key, value]) => ({
      name: key,
      version: /^"([^"]*)"/.exec(value)?.[1] ?? /version\s*=\s*"([^"]*)"/.exec(value)?.[1] ?? null,
      scope: scope[1] === 'dev-' ? 'development' : scope[1] === 'build-' ? 'build' : 'runtime',
    }));
  });
  return { name: tomlText(sections, 'package', 'name'), dependencies };
}

function pyproject(text: string): Parsed {
  const sections = tomlSections(text);
  const listed = /^dependencies\s*=\s*\[([\s\S]*?)\]\s*$/m.exec(text)?.[1] ?? '';
  const poetry = sections.filter(({ name }) => /^tool\.poetry\.(group\.[^.]+\.)?(dev-)?dependencies$/.test(name));
  return {
    name: tomlText(sections, 'project', 'name') ?? tomlText(sections, 'tool.poetry', 'name'),
    dependencies: [
      ...[...listed.matchAll(/"([^"]+)"|'([^']+)'/g)].flatMap(([, a, b]) => requirement(a ?? b!)),
      ...poetry.flatMap(({ name, lines }) =>
        lines
          .filter(([key]) => key !== 'python')
          .map(([key, value]) => ({
            name: key,
            version: /"([^"]*)"/.exec(value)?.[1] ?? null,
            scope: /group|dev/.test(name) ? 'development' : 'runtime',
          })),
      ),
    ],
  };
}

function requirements(text: string): Parsed {
  return { name: null, dependencies: text.split('\n').flatMap(requirement) };
}

function requirement(line: string): Dependency[] {
  const match =
    /^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*((?:[=<>!~]=?|===)[^;#\s]*(?:\s*,\s*[=<>!~]+[^;#\s]*)*)?/.exec(line);
  if (match === null || line.trim().startsWith('#') || line.trim().startsWith('-')) return [];
  return [{ name: match[1]!, version: match[2] ?? null, scope: 'runtime' }];
}

function gemfile(text: string): Parsed {
  const gems = text.matchAll(/^\s*gem\s+["']([^"']+)["'](?:\s*,\s*["']([^"']+)["'])?/gm);
  return {
    name: null,
    dependencies: [...gems].map(([, name, version]) => ({ name: name!, version: version ?? null, scope: 'runtime' })),
  };
}

interface TomlSection {
  readonly name: string;
  readonly lines: (readonly [key: string, value: string])[];
}

/** Sections with their `key = value` lines: all that manifests need of TOML. */
function tomlSections(text: string): TomlSection[] {
  const sections: TomlSection[] = [{ name: '', lines: [] }];
  for (const line of text.split('\n')) {
    const header = /^\s*\[+([^\]]+)\]+/.exec(line);
    const entry = /^\s*"?([\w.-]+)"?\s*=\s*(.+?)\s*$/.exec(line);
    if (header) sections.push({ name: header[1]!.trim(), lines: [] });
    else if (entry) sections.at(-1)!.lines.push([entry[1]!, entry[2]!]);
  }
  return sections;
}

function tomlText(sections: readonly TomlSection[], section: string, key: string): string | null {
  const value = sections.find(({ name }) => name === section)?.lines.find(([name]) => name === key)?.[1];
  return value === undefined ? null : (/^["']([^"']*)["']/.exec(value)?.[1] ?? null);
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
