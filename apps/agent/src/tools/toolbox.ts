import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Toolbox } from '../worker/recipe';
import { noopTool } from './noop/noop.tool';
import { resolveAllowList } from './process-run/allow-list';
import { processRunTool } from './process-run/process-run.tool';
import type { GitSettings } from './repository-analyze/git';
import { repositoryAnalyzeTool } from './repository-analyze/repository-analyze.tool';

/** The tools that work on this machine: they are the agent's capabilities, so none is offered that could not run. */
export async function buildToolbox({
  allowed,
  machine,
}: {
  readonly allowed: readonly string[];
  readonly machine: GitSettings;
}): Promise<Toolbox> {
  const allowList = resolveAllowList(allowed, machine.PATH);
  const tools = [
    noopTool,
    ...(allowList.size > 0 ? [processRunTool(allowList)] : []),
    ...((await hasGit(machine)) ? [repositoryAnalyzeTool(machine)] : []),
  ];
  return new Map(tools.map((tool) => [tool.name, tool]));
}

async function hasGit(env: GitSettings): Promise<boolean> {
  try {
    await promisify(execFile)('git', ['--version'], { env });
    return true;
  } catch {
    return false;
  }
}
