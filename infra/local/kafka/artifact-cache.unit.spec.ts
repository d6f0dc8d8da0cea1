import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Artifact, ensureArtifacts } from './artifact-cache';

const CONTENT = 'a jar';
const artifact: Artifact = {
  artifact: 'org.example:thing:1.0',
  sha256: createHash('sha256').update(CONTENT).digest('hex'),
  bytes: CONTENT.length,
};

describe('the cache of Kafka artifacts', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'artifacts-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const jar = (): string => readFileSync(join(folder, 'thing-1.0.jar'), 'utf8');
  /** Arrives with each of the contents in turn. */
  const download = (...contents: string[]) =>
    jest.fn(async (_artifact: string, into: string, fileName: string) => {
      writeFileSync(join(into, fileName), contents.shift() ?? CONTENT);
    });

  it('fetches what is missing, once', async () => {
    const fetchOne = download();
    expect(await ensureArtifacts(folder, [artifact], fetchOne)).toBe(1);
    expect(await ensureArtifacts(folder, [artifact], fetchOne)).toBe(0);
    expect(jar()).toBe(CONTENT);
    expect(fetchOne).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['truncated', 'a j'],
    ['changed without changing its size', 'b jar'],
  ])('fetches a cached file again that is %s', async (_damage, content) => {
    writeFileSync(join(folder, 'thing-1.0.jar'), content);
    expect(await ensureArtifacts(folder, [artifact], download())).toBe(1);
    expect(jar()).toBe(CONTENT);
  });

  it('fetches again what arrives damaged, and never shows the damaged file', async () => {
    expect(await ensureArtifacts(folder, [artifact], download('a j', 'b jar'))).toBe(1);
    expect(jar()).toBe(CONTENT);
    expect(readdirSync(folder)).toEqual(['thing-1.0.jar']);
  });

  it('says which artifact can not be had, and leaves nothing behind', async () => {
    const broken = jest.fn(async () => Promise.reject(new Error('no network')));
    await expect(ensureArtifacts(folder, [artifact], broken)).rejects.toThrow('org.example:thing:1.0');
    expect(broken).toHaveBeenCalledTimes(3);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is safe for two at once', async () => {
    const both = [ensureArtifacts(folder, [artifact], download()), ensureArtifacts(folder, [artifact], download())];
    await Promise.all(both);
    expect(jar()).toBe(CONTENT);
    expect(readdirSync(folder)).toEqual(['thing-1.0.jar']);
  });
});
