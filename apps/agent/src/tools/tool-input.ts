import type { z } from 'zod';
import { ToolFailure } from './tool';

/** The input as the tool's schema reads it. The catalogue has checked it before; an agent trusts nobody. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`);
  throw new ToolFailure('INVALID_INPUT', mistakes.join('; ').slice(0, 1_000), false);
}
