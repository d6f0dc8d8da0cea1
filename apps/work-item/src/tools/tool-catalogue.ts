import type { ToolRecipe } from '@codex/contracts';
import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import { InvalidToolInput, UnknownTool } from '../domain/work-item.errors';
import { noop } from './noop.tool';
import { processRun } from './process-run.tool';
import { repositoryAnalyze } from './repository-analyze.tool';
import type { Tool } from './tool';

/** Every tool a recipe may name. */
export const tools: readonly Tool[] = [repositoryAnalyze, processRun, noop];

const MAX_PROBLEMS = 5;
const ajv = new Ajv2020({ allErrors: true, strict: true });
const validators: ReadonlyMap<string, ValidateFunction> = new Map(
  tools.map(({ name, inputSchema }) => [name, ajv.compile(inputSchema)]),
);

/** The distinct tools of a recipe. Throws `UnknownTool` or `InvalidToolInput` for the first step that is wrong; steps count from 1. */
export function toolsOf(recipe: ToolRecipe): readonly string[] {
  recipe.steps.forEach(({ tool, with: input }, index) => {
    const validate = validators.get(tool);
    if (validate === undefined) throw new UnknownTool(index + 1, tool);
    if (!validate(input)) throw new InvalidToolInput(index + 1, tool, problemsOf(validate.errors ?? []));
  });
  return [...new Set(recipe.steps.map(({ tool }) => tool))];
}

function problemsOf(errors: readonly ErrorObject[]): readonly string[] {
  return errors.slice(0, MAX_PROBLEMS).map(describe);
}

function describe({ instancePath, message, params }: ErrorObject): string {
  const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty']).slice(0, 100)})` : '';
  return `${instancePath === '' ? 'input' : instancePath.slice(0, 200)} ${message ?? 'is not valid'}${extra}`;
}
