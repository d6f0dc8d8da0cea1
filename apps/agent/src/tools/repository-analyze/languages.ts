const EXTENSIONS: Readonly<Record<string, string>> = {
  TypeScript: 'ts tsx mts cts',
  JavaScript: 'js jsx mjs cjs',
  Python: 'py pyi',
  Go: 'go',
  Java: 'java',
  Rust: 'rs',
  Kotlin: 'kt kts',
  Scala: 'scala',
  C: 'c h',
  'C++': 'cc cpp cxx hh hpp',
  'C#': 'cs',
  'F#': 'fs',
  Swift: 'swift',
  Ruby: 'rb',
  PHP: 'php',
  Perl: 'pl',
  Lua: 'lua',
  R: 'r',
  Dart: 'dart',
  Elixir: 'ex exs',
  Erlang: 'erl',
  Haskell: 'hs',
  Clojure: 'clj',
  OCaml: 'ml',
  Shell: 'sh bash',
  PowerShell: 'ps1',
  SQL: 'sql',
  HTML: 'html',
  CSS: 'css scss less',
  Vue: 'vue',
  Svelte: 'svelte',
  Terraform: 'tf',
  Protobuf: 'proto',
  JSON: 'json avsc',
  YAML: 'yaml yml',
  TOML: 'toml',
  XML: 'xml',
  Markdown: 'md',
  GraphQL: 'graphql',
};
const BY_EXTENSION = new Map(
  Object.entries(EXTENSIONS).flatMap(([language, list]) => list.split(' ').map((extension) => [extension, language])),
);
const BY_NAME: Readonly<Record<string, string>> = { Dockerfile: 'Docker', Makefile: 'Make', Jenkinsfile: 'Groovy' };
const SNIFFED_BYTES = 8_000;

/** The language of a file by its name; null when it has none we know. */
export function languageOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return BY_NAME[name] ?? (dot < 0 ? null : (BY_EXTENSION.get(name.slice(dot + 1).toLowerCase()) ?? null));
}

/** As git has it: a zero byte near the beginning makes a file binary. */
export function isBinary(content: Buffer): boolean {
  return content.subarray(0, SNIFFED_BYTES).includes(0);
}

/** Lines, the last one also without its line feed. */
export function countLines(content: Buffer): number {
  let lines = 0;
  for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
  return content.length > 0 && content[content.length - 1] !== 10 ? lines + 1 : lines;
}
