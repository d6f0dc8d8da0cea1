import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CORPUS, type Corpus, type CorpusLock } from './corpus';

export const CORPUS_LOCK = 'corpus.lock.json';

/** The corpus below `root`; empty when there is none yet. */
export function readCorpus(root: string): Corpus {
  const folder = join(root, CORPUS);
  if (!existsSync(folder)) return { lock: {}, files: new Map() };
  const names = readdirSync(folder).filter((name) => name !== CORPUS_LOCK);
  const lock = join(folder, CORPUS_LOCK);
  return {
    lock: existsSync(lock) ? (JSON.parse(readFileSync(lock, 'utf8')) as CorpusLock) : {},
    files: new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])),
  };
}

/** The files to write, relative to the root. */
export function corpusTexts({ lock, files }: Corpus): readonly (readonly [file: string, text: string])[] {
  const lockText = `${JSON.stringify(lock, null, 2)}\n`;
  const texts = [...files].map(([name, text]) => [`${CORPUS}/${name}`, text] as const);
  return [...texts, [`${CORPUS}/${CORPUS_LOCK}`, lockText]];
}
