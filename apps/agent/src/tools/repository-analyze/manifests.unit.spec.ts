import { isManifest, parseManifest } from './manifests';

const names = (path: string, text: string) =>
  parseManifest(path, text).dependencies.map(({ name, version, scope }) => [name, version, scope]);

describe('manifests', () => {
  it('are known by their names', () => {
    const known = [
      'package.json',
      'a/pom.xml',
      'go.mod',
      'x/Cargo.toml',
      'requirements-dev.txt',
      'pyproject.toml',
      'build.gradle.kts',
    ];
    expect(known.every(isManifest)).toBe(true);
    expect(['package-lock.json', 'my-package.json', 'README.md'].some(isManifest)).toBe(false);
  });

  it('of npm', () => {
    const text = '{"name":"a","dependencies":{"b":"^1"},"devDependencies":{"c":"2"},"peerDependencies":{"d":"*"}}';
    expect(parseManifest('package.json', text)).toMatchObject({ kind: 'npm', name: 'a' });
    expect(names('package.json', text)).toEqual([
      ['b', '^1', 'runtime'],
      ['c', '2', 'development'],
      ['d', '*', 'peer'],
    ]);
  });

  it('of Maven', () => {
    const text = `<project><parent><artifactId>parent</artifactId></parent><artifactId>app</artifactId>
      <dependencyManagement><dependencies><dependency><artifactId>managed</artifactId></dependency></dependencies></dependencyManagement>
      <dependencies><dependency><groupId>org.x</groupId><artifactId>lib</artifactId><version>1.2</version></dependency>
      <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency></dependencies></project>`;
    expect(parseManifest('pom.xml', text).name).toBe('app');
    expect(names('pom.xml', text)).toEqual([
      ['org.x:lib', '1.2', 'compile'],
      ['junit:junit', null, 'test'],
    ]);
  });

  it('of Go', () => {
    const text =
      'module example.org/app\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.2.3\n\tgolang.org/x/y v0.1.0 // indirect\n)\nrequire gopkg.in/z.v3 v3.0.1\n';
    expect(parseManifest('go.mod', text).name).toBe('example.org/app');
    expect(names('go.mod', text)).toEqual([
      ['github.com/a/b', 'v1.2.3', 'runtime'],
      ['golang.org/x/y', 'v0.1.0', 'indirect'],
      ['gopkg.in/z.v3', 'v3.0.1', 'runtime'],
    ]);
  });

  it('of Cargo', () => {
    const text =
      '[package]\nname = "tool"\n[dependencies]\nserde = { version = "1.0", features = ["derive"] }\nlog = "0.4"\nown = { path = "../own" }\n[dev-dependencies]\nproptest = "1"\n';
    expect(parseManifest('Cargo.toml', text).name).toBe('tool');
    expect(names('Cargo.toml', text)).toEqual([
      ['serde', '1.0', 'runtime'],
      ['log', '0.4', 'runtime'],
      ['own', null, 'runtime'],
      ['proptest', '1', 'development'],
    ]);
  });

  it('of Python', () => {
    expect(
      names('requirements.txt', '# all\nflask==3.0\nuvicorn[standard]>=0.2,<1 # web\n-r other.txt\n\nrequests\n'),
    ).toEqual([
      ['flask', '==3.0', 'runtime'],
      ['uvicorn', '>=0.2,<1', 'runtime'],
      ['requests', null, 'runtime'],
    ]);
    const project = '[project]\nname = "app"\ndependencies = [\n  "django>=5",\n  "celery[redis]",\n]\n';
    expect(parseManifest('pyproject.toml', project).name).toBe('app');
    expect(names('pyproject.toml', project)).toEqual([
      ['django', '>=5', 'runtime'],
      ['celery', null, 'runtime'],
    ]);
    const poetry =
      '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\npython = "^3.12"\nhttpx = "^0.27"\n[tool.poetry.group.dev.dependencies]\npytest = "8"\n';
    expect(names('pyproject.toml', poetry)).toEqual([
      ['httpx', '^0.27', 'runtime'],
      ['pytest', '8', 'development'],
    ]);
  });

  it('of Gradle, Composer and Bundler', () => {
    expect(
      names('build.gradle', `dependencies {\n  implementation 'a.b:c:1.0'\n  testImplementation("d:e:2")\n}`),
    ).toEqual([
      ['a.b:c', '1.0', 'implementation'],
      ['d:e', '2', 'testImplementation'],
    ]);
    expect(names('composer.json', '{"require":{"php":">=8","monolog/monolog":"^3"}}')).toEqual([
      ['php', '>=8', 'runtime'],
      ['monolog/monolog', '^3', 'runtime'],
    ]);
    expect(names('Gemfile', `source 'https://rubygems.org'\ngem 'rails', '~> 7'\ngem "puma"\n`)).toEqual([
      ['rails', '~> 7', 'runtime'],
      ['puma', null, 'runtime'],
    ]);
  });

  it('that are broken declare nothing', () =>
    expect(parseManifest('package.json', '{"name":')).toEqual({
      path: 'package.json',
      kind: 'npm',
      name: null,
      dependencies: [],
    }));
});
