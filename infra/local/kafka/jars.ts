import { join } from 'node:path';
import download from 'mvn-artifact-download';
import { cacheFolder } from '../cache-folder';
import { pause } from '../deadline';
import type { Progress } from '../progress';
import { ensureArtifacts, readArtifactList } from './artifact-cache';
import { downloadAgents, mavenRepository } from './maven-repository';

/** The library does not notice a connection that breaks half way; this does. */
const DOWNLOAD_TIMEOUT_MS = 60_000;

/** The folder that holds Kafka and all it needs, fetched on the first use (43 MiB). */
export async function kafkaJars(root: string, progress: Progress): Promise<string> {
  const list = await readArtifactList(join(root, 'infra/local/kafka/artifacts.json'));
  const folder = join(cacheFolder(), `kafka-${list.kafka}`);
  const agents = downloadAgents();
  const repository = mavenRepository();
  const fetchOne = async (artifact: string, into: string, fileName: string): Promise<void> => {
    const stalled = new AbortController();
    const done = download(artifact, into, repository, fileName, { agent: agents.of });
    const limit = pause(DOWNLOAD_TIMEOUT_MS, stalled.signal).then(() => {
      if (!stalled.signal.aborted) throw new Error(`no end after ${DOWNLOAD_TIMEOUT_MS / 1000} s`);
    });
    await Promise.race([done, limit]).finally(() => stalled.abort());
  };
  try {
    await progress.step(`Apache Kafka ${list.kafka} in ${folder}`, () =>
      ensureArtifacts(folder, list.artifacts, fetchOne),
    );
  } finally {
    agents.close();
  }
  return folder;
}
