import { isRepositoryUrl } from './repository-url';

describe('a repository URL', () => {
  it.each([
    'https://example.org/a/b.git',
    'https://example.org:8443/a?x=1',
    'ssh://git@example.org/a/b.git',
    'ssh://example.org:2222/a/b.git',
    'git@example.org:a/b.git',
    'file:///srv/git/a.git',
  ])('may be %s', (url) => expect(isRepositoryUrl(url)).toBe(true));

  it.each([
    '',
    'a/b',
    '/srv/git/a.git',
    'http://example.org/a.git',
    'git://example.org/a.git',
    'ext::sh -c whoami',
    'javascript:alert(1)',
    'https://user:secret@example.org/a.git',
    'https://token@example.org/a.git',
    'ssh://git:secret@example.org/a.git',
    'ssh://example.org',
    'file://',
    'git@example.org',
    'git@-oProxyCommand=x:a',
    'https://example.org/a b',
    'https://example.org\\@evil.org/a',
    'https://example.org/a\n',
  ])('may not be %j', (url) => expect(isRepositoryUrl(url)).toBe(false));
});
