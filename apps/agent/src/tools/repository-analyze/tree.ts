import { ToolFailure } from '../tool';
import type { Git } from './git';

/** A file of the commit. */
export interface TreeFile {
  readonly path: string;
  readonly blob: string;
  readonly bytes: number;
}

const MAX_LISTING_BYTES = 64 * 1024 * 1024;
const REGULAR = new Set(['100644', '100755', '100664']);

/** Every regular file of HEAD; links and submodules are left out. */
export async function listFiles(git: Git): Promise<readonly TreeFile[]> {
  const { exitCode, stdout, isTruncated } = await git.run(['ls-tree', '-r', '-l', '-z', '--full-tree', 'HEAD'], {
    maxOutputBytes: MAX_LISTING_BYTES,
  });
  if (exitCode !== 0 || isTruncated) {
    throw new ToolFailure('REPOSITORY_TOO_LARGE', 'the list of files is too long to be read', false);
  }
  return stdout.toString('utf8').split('\0').flatMap(parseEntry);
}

/** Reads blobs in chunks, so that only a part of the repository is in memory at once. */
export async function* readBlobs(
  git: Git,
  files: readonly TreeFile[],
): AsyncGenerator<{ readonly file: TreeFile; readonly content: Buffer }> {
  for (const chunk of chunksOf(files)) {
    const input = Buffer.from(chunk.map((file) => `${file.blob}\n`).join(''));
    const room = chunk.reduce((sum, file) => sum + file.bytes + 128, 0);
    const { stdout } = await git.run(['cat-file', '--batch'], { input, maxOutputBytes: room });
    let offset = 0;
    for (const file of chunk) {
      const header = stdout.indexOf(10, offset);
      if (header < 0) break;
      const content = stdout.subarray(header + 1, header + 1 + file.bytes);
      offset = header + 1 + file.bytes + 1;
      yield { file, content };
    }
  }
}

const CHUNK_BYTES = 8 * 1024 * 1024;
const CHUNK_FILES = 500;

function chunksOf(files: readonly TreeFile[]): TreeFile[][] {
  const chunks: TreeFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of files) {
    if (bytes + file.bytes > CHUNK_BYTES || chunks.at(-1)!.length >= CHUNK_FILES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(file);
    bytes += file.bytes;
  }
  return chunks;
}

function parseEntry(entry: string): TreeFile[] {
  const match = /^(\d{6}) blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(entry);
  if (match === null || !REGULAR.has(match[1]!)) return [];
  return [{ path: match[4]!, blob: match[2]!, bytes: Number(match[3]) }];
}
