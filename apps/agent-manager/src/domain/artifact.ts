/** All artifacts of a run together. */
export const MAX_ARTIFACT_BYTES = 8 * 1024 * 1024;
/** The result travels inside an event, which has a limit of its own. */
export const MAX_RESULT_BYTES = 128 * 1024;

const MEDIA_TYPE =
  /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}(; ?[a-z0-9-]{1,32}=[\w.+-]{1,64}){0,3}$/i;
const MAX_NAME_LENGTH = 200;

/** What is wrong with a file name from outside, or null: it is offered for download later, so it must be a mere name. */
export function nameMistake(name: string): string | null {
  if (name.length === 0 || name.length > MAX_NAME_LENGTH) return `must have 1 to ${MAX_NAME_LENGTH} characters`;
  if (name === '.' || name === '..' || /[/\\]/.test(name)) return 'must be a file name without a path';
  if (/\p{Cc}|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069]/u.test(name)) return 'must not hold control characters';
  return null;
}

/** What is wrong with a media type, or null. */
export function mediaTypeMistake(mediaType: string): string | null {
  return MEDIA_TYPE.test(mediaType) ? null : 'must be a media type such as text/plain';
}
