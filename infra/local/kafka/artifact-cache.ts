import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface KafkaArtifacts {
  readonly kafka: string;
  readonly artifacts: readonly Artifact[];
}

export interface Artifact {
  /** group:name:version, as Maven writes it. */
  readonly artifact: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Fetches one artifact into a file; replaced in tests. */
export type Download = (artifact: string, folder: string, fileName: string) => Promise<void>;

const PARALLEL = 8;
const ATTEMPTS = 3;

/**
 * Makes every artifact present and sound in the folder, and returns how many had to be fetched. Each file is fetched
 * beside its place, checked against its SHA-256 and moved there in one step, so that two processes at once are safe
 * and a file in its place is whole. A file that is damaged nevertheless is fetched again.
 */
export async function ensureArtifacts(
  folder: string,
  artifacts: readonly Artifact[],
  download: Download,
): Promise<number> {
  await mkdir(folder, { recursive: true });
  const waiting = [...artifacts];
  let fetched = 0;
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (await isSound(join(folder, jarName(next)), next)) continue;
      await fetchArtifact(folder, next, download);
      fetched++;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return fetched;
}

export async function readArtifactList(file: string): Promise<KafkaArtifacts> {
  return JSON.parse(await readFile(file, 'utf8')) as KafkaArtifacts;
}

export function jarName({ artifact }: Artifact): string {
  const [, name, version] = artifact.split(':');
  return `${name}-${version}.jar`;
}

async function fetchArtifact(folder: string, artifact: Artifact, download: Download): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const draft = `${jarName(artifact)}.${randomBytes(6).toString('hex')}.part`;
    try {
      await download(artifact.artifact, folder, draft);
      if (!(await isSound(join(folder, draft), artifact))) throw new Error('it arrived damaged (checksum)');
      return await rename(join(folder, draft), join(folder, jarName(artifact)));
    } catch (error) {
      await rm(join(folder, draft), { force: true });
      if (attempt < ATTEMPTS) continue;
      const advice = 'Kafka needs it once; later starts work without a network';
      throw new Error(`${artifact.artifact} could not be fetched. ${advice}`, { cause: error });
    }
  }
}

async function isSound(file: string, artifact: Artifact): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found?.size !== artifact.bytes) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex') === artifact.sha256;
}
