import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Tool } from '../tool';
import { parseInput } from '../tool-input';

const input = z.strictObject({
  durationMs: z.int().min(0).max(3_600_000).default(0),
  result: z.json().default(null),
});

/** Does nothing for a while and returns what it was given. */
export const noopTool: Tool = {
  name: 'noop',
  async run(raw, { signal }) {
    const { durationMs, result } = parseInput(input, raw);
    if (durationMs > 0) await delay(durationMs, undefined, { signal });
    return { result, artifacts: [] };
  },
};
