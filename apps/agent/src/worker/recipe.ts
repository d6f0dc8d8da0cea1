import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonValue } from '@codex/contracts';
import type { Ending } from '../gateway/gateway-client';
import { ToolFailure, type Progress, type Tool, type ToolArtifact } from '../tools/tool';

/** The tools of an agent, by name. */
export type Toolbox = ReadonlyMap<string, Tool>;

export interface RecipeRun {
  readonly steps: readonly { readonly tool: string; readonly with: JsonValue }[];
  /** Made when the first step asks for one. */
  readonly folder: () => Promise<string>;
  readonly signal: AbortSignal;
  report(progress: Progress): void;
}

const MAX_ARTIFACT_BYTES = 8 * 1024 * 1024;
const MAX_RESULT_BYTES = 128 * 1024;

/**
 * Runs the steps of a recipe in order; the first failure is the run's. Rejects only when the signal was aborted; any other
 * error, expected or not, is an ending.
 */
export async function runRecipe(tools: Toolbox, run: RecipeRun): Promise<Ending> {
  const steps: { tool: string; durationMs: number; result: JsonValue }[] = [];
  const artifacts: ToolArtifact[] = [];
  try {
    for (const [index, step] of run.steps.entries()) {
      const startedAt = performance.now();
      const outcome = await runStep(tools, step, { ...run, index });
      steps.push({ tool: step.tool, durationMs: Math.round(performance.now() - startedAt), result: outcome.result });
      for (const artifact of outcome.artifacts) artifacts.push(distinctlyNamed(artifact, artifacts, index));
    }
    return completed({ steps }, artifacts);
  } catch (error) {
    run.signal.throwIfAborted();
    return failed(error);
  }
}

async function runStep(
  tools: Toolbox,
  { tool: name, with: input }: RecipeRun['steps'][number],
  { folder, signal, steps, index, report }: RecipeRun & { readonly index: number },
) {
  const tool = tools.get(name);
  if (tool === undefined) throw new ToolFailure('UNKNOWN_TOOL', `this agent has no tool ${name}`, true);
  let own: Promise<string> | undefined;
  return tool.run(input, {
    folder: () => (own ??= subfolder(folder, `step-${index + 1}`)),
    signal,
    report: ({ percent, message }) =>
      report({ percent: percent === null ? null : (index * 100 + percent) / steps.length, message }),
  });
}

async function subfolder(folder: () => Promise<string>, name: string): Promise<string> {
  const path = join(await folder(), name);
  await mkdir(path, { recursive: true });
  return path;
}

function completed(result: JsonValue, artifacts: readonly ToolArtifact[]): Ending {
  const bytes = artifacts.reduce((sum, { content }) => sum + content.length, 0);
  if (bytes > MAX_ARTIFACT_BYTES) {
    throw new ToolFailure(
      'ARTIFACTS_TOO_LARGE',
      `the artifacts have ${bytes} bytes, at most ${MAX_ARTIFACT_BYTES} are kept`,
      false,
    );
  }
  const size = Buffer.byteLength(JSON.stringify(result));
  if (size > MAX_RESULT_BYTES) {
    throw new ToolFailure(
      'RESULT_TOO_LARGE',
      `the result has ${size} bytes, at most ${MAX_RESULT_BYTES} are kept`,
      false,
    );
  }
  return { kind: 'complete', result, artifacts };
}

function failed(error: unknown): Ending {
  if (error instanceof ToolFailure) {
    return { kind: 'fail', error: { code: error.code, message: error.message }, retryable: error.retryable };
  }
  // The message of an unexpected error may hold anything; it goes to the log only.
  return {
    kind: 'fail',
    error: { code: 'TOOL_CRASHED', message: 'the tool failed in an unexpected way' },
    retryable: true,
  };
}

function distinctlyNamed(artifact: ToolArtifact, others: readonly ToolArtifact[], index: number): ToolArtifact {
  const isTaken = others.some(({ name }) => name === artifact.name);
  return isTaken ? { ...artifact, name: `step-${index + 1}-${artifact.name}` } : artifact;
}
