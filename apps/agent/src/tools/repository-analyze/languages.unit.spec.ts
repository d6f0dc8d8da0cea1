import { countLines, isBinary, languageOf } from './languages';

describe('languages', () => {
  it.each([
    ['src/a.TS', 'TypeScript'],
    ['a/b.test.py', 'Python'],
    ['Dockerfile', 'Docker'],
    ['LICENSE', null],
    ['.gitignore', null],
    ['a.unknown', null],
    ['x.constructor', null],
  ])('%s is %s', (path, language) => expect(languageOf(path)).toBe(language));

  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\n\nb', 3],
  ])('%j has %i lines', (text, lines) => expect(countLines(Buffer.from(text))).toBe(lines));

  it('tells binary files by a zero byte', () => {
    expect(isBinary(Buffer.from([1, 0, 2]))).toBe(true);
    expect(isBinary(Buffer.from('text'))).toBe(false);
  });
});
