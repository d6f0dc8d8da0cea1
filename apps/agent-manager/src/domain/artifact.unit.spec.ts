import { mediaTypeMistake, nameMistake } from './artifact';

describe('an artifact', () => {
  it.each(['a', 'system-map.json', 'Bericht März.txt', '.hidden', 'x'.repeat(200)])('may be called %j', (name) =>
    expect(nameMistake(name)).toBeNull(),
  );
  it.each(['', '.', '..', 'a/b', '../etc/passwd', 'a\\b', 'a\nb', 'a\u0000', 'evil\u202etxt.exe', 'x'.repeat(201)])(
    'may not be called %j',
    (name) => expect(nameMistake(name)).not.toBeNull(),
  );
  it.each(['text/plain', 'application/json', 'text/plain; charset=utf-8', 'image/svg+xml'])('may be %j', (type) =>
    expect(mediaTypeMistake(type)).toBeNull(),
  );
  it.each(['', 'text', 'text/plain\r\nset-cookie: a=b', 'text/plain; charset="x"', 'a/b/c', ' text/plain'])(
    'may not be %j',
    (type) => expect(mediaTypeMistake(type)).not.toBeNull(),
  );
});
