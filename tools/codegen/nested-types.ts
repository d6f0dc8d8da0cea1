import type { Message } from './message-catalogue';
import { pascalCase } from './message-catalogue';
import type { AvroField, AvroJson } from './schema-files';

/** A record or enum defined inside a message. */
interface Definition {
  readonly simpleName: string;
  readonly schema: NamedSchema;
  readonly owner: Message;
}

type NamedSchema = { readonly type: 'record' | 'enum'; readonly name: string; readonly doc?: string } & {
  readonly fields?: readonly AvroField[];
  readonly symbols?: readonly string[];
};

/** The TypeScript names of all types defined inside messages. */
export interface NestedTypes {
  /** The name in TypeScript of what `message` calls `simpleName`. */
  nameOf(message: Message, simpleName: string): string;
  /** One definition a name, sorted by name. */
  readonly definitions: readonly { readonly name: string; readonly schema: NamedSchema; readonly owner: Message }[];
}

/**
 * Names nested types: `Artifact` when all messages mean the same by it, `<Context>Artifact` when only those of a context
 * do, else `<Message>Artifact`. Documentation does not count as a difference.
 */
export function nestedTypesOf(messages: readonly Message[]): NestedTypes {
  const definitions = messages.flatMap((owner) => collect(owner.schema.fields, owner));
  const taken = new Set(messages.map((message) => message.name));
  const names = new Map<string, string>();
  const emitted = new Map<string, Definition>();
  for (const definition of definitions) {
    const name = chooseName(definition, definitions, taken);
    names.set(`${definition.owner.name}/${definition.simpleName}`, name);
    if (!emitted.has(name)) emitted.set(name, definition);
  }
  return {
    nameOf: (message, simpleName) => {
      const name = names.get(`${message.name}/${simpleName}`);
      if (name === undefined) throw new Error(`${message.file}: ${simpleName} is not defined in the file`);
      return name;
    },
    definitions: [...emitted]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { schema, owner }]) => ({ name, schema, owner })),
  };
}

function chooseName(definition: Definition, all: readonly Definition[], taken: ReadonlySet<string>): string {
  const { simpleName, owner } = definition;
  const namesakes = all.filter((other) => other.simpleName === simpleName);
  if (!taken.has(simpleName) && areSame(namesakes)) return simpleName;
  const inContext = namesakes.filter((other) => other.owner.context === owner.context);
  return areSame(inContext) ? pascalCase(owner.context) + simpleName : owner.name + simpleName;
}

function areSame(definitions: readonly Definition[]): boolean {
  return (
    new Set(
      definitions.map(({ schema }) => JSON.stringify(schema, (key, value) => (key === 'doc' ? undefined : value))),
    ).size === 1
  );
}

function collect(fields: readonly AvroField[], owner: Message): Definition[] {
  return fields.flatMap((field) => collectFrom(field.type, owner));
}

function collectFrom(schema: AvroJson, owner: Message): Definition[] {
  if (typeof schema === 'string') return [];
  if (Array.isArray(schema)) return (schema as readonly AvroJson[]).flatMap((branch) => collectFrom(branch, owner));
  const definition = schema as Record<string, unknown>;
  switch (definition.type) {
    case 'array':
      return collectFrom(definition.items as AvroJson, owner);
    case 'map':
      return collectFrom(definition.values as AvroJson, owner);
    case 'enum':
    case 'record': {
      const named = definition as unknown as NamedSchema;
      return [{ simpleName: named.name, schema: named, owner }, ...collect(named.fields ?? [], owner)];
    }
    default:
      return typeof definition.type === 'object' ? collectFrom(definition.type as AvroJson, owner) : [];
  }
}
