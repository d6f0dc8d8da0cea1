const USERINFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi;

/** Text without the user and password of any URL in it. */
export function withoutCredentials(text: string): string {
  return text.replace(USERINFO, '$1');
}
