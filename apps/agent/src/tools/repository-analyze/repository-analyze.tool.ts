import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { withoutCredentials } from '../../process/credentials';
import { ToolFailure, type Tool, type ToolContext } from '../tool';
import { parseInput } from '../tool-input';
import { cloneRepository } from './clone';
import type { GitSettings } from './git';
import { mapRepository, type SystemMap } from './system-map';

const DEFAULT_DEPTH = 1_000;
const DEFAULT_MAX_BYTES = 1024 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 10 * 60_000;
const ADDRESS = /^(https:\/\/|ssh:\/\/|file:\/\/|git@[A-Za-z0-9][A-Za-z0-9.-]*:)[^\s\\]+$/;
const REF = /^[^\s~^:?*[\\-][^\s~^:?*[\\]*$/;
const MAX_ARTIFACT_BYTES = 6 * 1024 * 1024;
const IN_SUMMARY = 10;

const input = z.strictObject({
  repositoryUrl: z.string().max(2048).regex(ADDRESS, 'must be an https, ssh or file URL'),
  ref: z.string().max(255).regex(REF, 'must be a branch, tag or commit').optional(),
  depth: z.int().min(1).max(1_000_000).default(DEFAULT_DEPTH),
  maxBytes: z.int().min(1).max(10_737_418_240).default(DEFAULT_MAX_BYTES),
  timeoutMs: z.int().min(1).max(86_400_000).default(DEFAULT_TIMEOUT_MS),
});
type Input = z.output<typeof input>;

/** Clones a repository and describes it as a system map. Nothing of the repository is executed. */
export function repositoryAnalyzeTool(settings: GitSettings): Tool {
  return {
    name: 'repository.analyze',
    async run(raw, context) {
      const wish = parseInput(input, raw);
      const timeout = AbortSignal.timeout(wish.timeoutMs);
      const signal = AbortSignal.any([context.signal, timeout]);
      try {
        return outcomeOf(await analyze(wish, { ...context, signal }, settings));
      } catch (error) {
        context.signal.throwIfAborted();
        if (timeout.aborted)
          throw new ToolFailure('TIMEOUT', `the analysis took longer than ${wish.timeoutMs} ms`, true);
        throw error;
      }
    },
  };
}

async function analyze(wish: Input, context: ToolContext, settings: GitSettings): Promise<SystemMap> {
  const { signal, report } = context;
  const ref = wish.ref ?? null;
  const scratch = join(await context.folder(), 'clone');
  await mkdir(scratch);
  report({ percent: 0, message: 'cloning' });
  const clone = await cloneRepository({ ...wish, ref }, { folder: scratch, signal, settings });
  report({ percent: 40, message: 'reading' });
  const about = { url: withoutCredentials(wish.repositoryUrl), ref };
  return mapRepository(clone, about, (share) => report({ percent: Math.round(40 + 55 * share), message: 'reading' }));
}

function outcomeOf(map: SystemMap) {
  const { repository, files, languages, manifests, modules, history, hotSpots } = map;
  return {
    result: {
      repositoryUrl: repository.url,
      ref: repository.ref,
      commit: repository.commit,
      commits: history.commits,
      files: files.count,
      bytes: files.bytes,
      languages: languages.slice(0, IN_SUMMARY).map(({ language, files: count, lines }) => ({
        language,
        files: count,
        lines,
      })),
      manifests: manifests.slice(0, IN_SUMMARY).map(({ path, kind, dependencies }) => ({
        path,
        kind,
        dependencies: dependencies.length,
      })),
      modules: {
        nodes: modules.nodes.length,
        edges: modules.edges.length,
      },
      hotSpots: hotSpots.slice(0, IN_SUMMARY).map(({ path, commits }) => ({
        path,
        commits,
      })),
    },
    artifacts: [{ name: 'system-map.json', mediaType: 'application/json', content: encode(map) }],
  };
}

/** What is left out, step by step, of a map that is too large to be stored. */
const REDUCTIONS: readonly ((map: SystemMap) => SystemMap)[] = [
  (map) => map,
  (map) => ({ ...map, modules: { ...map.modules, edges: [], isTruncated: true } }),
  (map) => ({ ...map, manifests: map.manifests.map((manifest) => ({ ...manifest, dependencies: [] })) }),
  (map) => ({
    ...map,
    modules: { nodes: [], edges: [], externals: [], isTruncated: true },
    manifests: [],
    hotSpots: [],
  }),
];

function encode(map: SystemMap): Buffer {
  let reduced = map;
  let encoded = Buffer.alloc(0);
  for (const reduce of REDUCTIONS) {
    reduced = reduce(reduced);
    encoded = Buffer.from(JSON.stringify(reduced));
    if (encoded.length <= MAX_ARTIFACT_BYTES) break;
  }
  return encoded;
}
