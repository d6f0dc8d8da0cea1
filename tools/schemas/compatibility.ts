import { compileSchema } from '@codex/contracts';
import type { SchemaFile } from '../codegen/schema-files';

/**
 * FULL_TRANSITIVE: the current version of each schema must read what every older version wrote, and the other way round,
 * because consumers and replays meet any of them. Answers one sentence a broken direction.
 */
export function incompatibilities(files: readonly SchemaFile[]): string[] {
  return files
    .filter((file) => file.version === null)
    .flatMap((current) =>
      files
        .filter((other) => other.version !== null && other.context === current.context && other.name === current.name)
        .flatMap((older) => [...cannotRead(current, older), ...cannotRead(older, current)]),
    );
}

function cannotRead(reader: SchemaFile, writer: SchemaFile): string[] {
  try {
    compileSchema(reader.schema).createResolver(compileSchema(writer.schema));
    return [];
  } catch (error) {
    return [`${reader.file} can't read what ${writer.file} wrote: ${(error as Error).message}`];
  }
}
