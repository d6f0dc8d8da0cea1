import { createHash } from 'node:crypto';
import { PayloadTooLarge, newId } from '@codex/event-sourcing';
import { validationFailed, type InputMistake } from '@codex/platform';
import { MAX_ARTIFACT_BYTES, MAX_RESULT_BYTES, mediaTypeMistake, nameMistake } from '../domain/artifact';
import type { StoredArtifact } from '../persistence/artifact-store';
import type { CompleteBody } from './agents.requests';

/** Decodes and checks what an agent uploads: 400 that names every mistake, 413 when it is too much in all. */
export function uploadedArtifacts(uploads: CompleteBody['artifacts']): readonly StoredArtifact[] {
  const contents = uploads.map(({ contentBase64 }) => Buffer.from(contentBase64, 'base64'));
  const mistakes = uploads.flatMap((upload, index) => mistakesOf(upload, contents[index]!, index));
  const names = uploads.map(({ name }) => name);
  if (new Set(names).size < names.length) mistakes.push({ path: 'artifacts', message: 'must have distinct names' });
  if (mistakes.length > 0) throw validationFailed(...mistakes);
  const bytes = contents.reduce((sum, content) => sum + content.length, 0);
  if (bytes > MAX_ARTIFACT_BYTES) throw new PayloadTooLarge('artifacts', bytes, MAX_ARTIFACT_BYTES);
  return uploads.map(({ name, mediaType }, index) => ({
    id: newId(),
    name,
    mediaType,
    bytes: contents[index]!.length,
    sha256: createHash('sha256').update(contents[index]!).digest('hex'),
    content: contents[index]!,
  }));
}

/** Throws when a result would not fit into its event. */
export function requireSmallResult(result: unknown): void {
  const bytes = Buffer.byteLength(JSON.stringify(result));
  if (bytes > MAX_RESULT_BYTES) throw new PayloadTooLarge('result', bytes, MAX_RESULT_BYTES);
}

function mistakesOf(upload: CompleteBody['artifacts'][number], content: Buffer, index: number): InputMistake[] {
  const found: readonly (readonly [field: string, message: string | null])[] = [
    ['name', nameMistake(upload.name)],
    ['mediaType', mediaTypeMistake(upload.mediaType)],
    // Decoding is lenient, so only what it would have written itself is base64.
    ['contentBase64', content.toString('base64') === upload.contentBase64 ? null : 'must be base64 with padding'],
  ];
  return found.flatMap(([field, message]) =>
    message === null ? [] : [{ path: `artifacts.${index}.${field}`, message }],
  );
}
