import type { z } from 'zod';

/** Named slices; each reads the environment variables it lists and yields what the code wants to see. */
export type ConfigSlices = Readonly<Record<string, z.ZodType>>;

/** What {@link loadConfig} returns: one validated value a slice. */
export type ConfigOf<Slices extends ConfigSlices> = { readonly [Name in keyof Slices]: z.output<Slices[Name]> };

/** Every mistake in the environment at once. The message names variables and rules, never values. */
export class ConfigInvalid extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(`the configuration has ${mistakes.length} mistake(s):\n${mistakes.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigInvalid';
  }
}

/**
 * Reads the environment through zod slices. Empty variables count as absent. Throws {@link ConfigInvalid} with the
 * mistakes of all slices together; values are never part of the message, because some are secrets.
 */
export function loadConfig<Slices extends ConfigSlices>(
  slices: Slices,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ConfigOf<Slices> {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const mistakes = new Set<string>();
  const loaded: Record<string, unknown> = {};
  for (const [name, slice] of Object.entries(slices)) {
    const parsed = slice.safeParse(present);
    if (parsed.success) loaded[name] = parsed.data;
    else for (const issue of parsed.error.issues) mistakes.add(describe(issue, present));
  }
  if (mistakes.size > 0) throw new ConfigInvalid([...mistakes]);
  return loaded as ConfigOf<Slices>;
}

function describe(issue: z.core.$ZodIssue, present: Readonly<Record<string, unknown>>): string {
  const variable = issue.path.map(String).join('.') || 'environment';
  if (issue.path.length > 0 && !(String(issue.path[0]) in present)) return `${variable}: is required`;
  return `${variable}: ${issue.message}`;
}
