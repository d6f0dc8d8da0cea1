import { withoutCredentials } from './credentials';

describe('credentials', () => {
  it.each([
    ['https://user:secret@example.org/a.git', 'https://example.org/a.git'],
    ['fatal: ssh://git@host:22/x and https://token@h/y', 'fatal: ssh://host:22/x and https://h/y'],
    ['https://example.org/a@b.git', 'https://example.org/a@b.git'],
    ['git@github.com:a/b.git', 'git@github.com:a/b.git'],
  ])('of %s are not shown', (text, shown) => expect(withoutCredentials(text)).toBe(shown));
});
