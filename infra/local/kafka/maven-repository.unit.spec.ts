import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mavenRepository } from './maven-repository';

const mirror = (of: string): string =>
  `<settings><mirrors><!-- <mirror><mirrorOf>*</mirrorOf><url>https://commented.example</url></mirror> -->
   <mirror><id>m</id><mirrorOf>${of}</mirrorOf><url>https://mirror.example/maven</url></mirror></mirrors></settings>`;

describe('the Maven repository to fetch from', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maven-'));
  const settings = join(folder, 'settings.xml');
  const given = process.env['MAVEN_REPOSITORY_URL'];
  beforeEach(() => delete process.env['MAVEN_REPOSITORY_URL']);
  afterAll(() => {
    if (given !== undefined) process.env['MAVEN_REPOSITORY_URL'] = given;
    rmSync(folder, { recursive: true, force: true });
  });

  it('is left to the library without settings', () => {
    expect(mavenRepository(join(folder, 'none.xml'))).toBeUndefined();
  });

  it.each(['central', '*', 'other,central'])('is the mirror of %s', (of) => {
    writeFileSync(settings, mirror(of));
    expect(mavenRepository(settings)).toBe('https://mirror.example/maven/');
  });

  it('is not the mirror of something else, nor one in a comment', () => {
    writeFileSync(settings, mirror('company-snapshots'));
    expect(mavenRepository(settings)).toBeUndefined();
  });

  it('is the one in the environment before all others', () => {
    writeFileSync(settings, mirror('central'));
    process.env['MAVEN_REPOSITORY_URL'] = 'https://given.example/m2/';
    expect(mavenRepository(settings)).toBe('https://given.example/m2/');
  });
});
