const SCP_LIKE = /^git@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s:][^\s]*$/;
// Spaces, control characters and backslashes are never meant, and mean different things to different parsers.
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\s\\\u0000-\u001f\u007f]/;

/**
 * Whether git may be pointed at this: https, ssh (as URL or as `git@host:path`) or file. Credentials belong into the
 * agent's keeping and not into events that are kept for ever; a user name is fine for ssh only.
 */
export function isRepositoryUrl(text: string): boolean {
  if (FORBIDDEN.test(text)) return false;
  if (SCP_LIKE.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hostname, pathname } = new URL(text);
  if (password !== '') return false;
  if (protocol === 'https:') return hostname !== '' && username === '';
  if (protocol === 'ssh:') return hostname !== '' && pathname.length > 1;
  return protocol === 'file:' && pathname.length > 1;
}
