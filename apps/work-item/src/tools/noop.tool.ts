import type { Tool } from './tool';

export const noop: Tool = {
  name: 'noop',
  description: 'Does nothing for a while and returns what it was given; for measuring.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      durationMs: { type: 'integer', minimum: 0, maximum: 3_600_000, default: 0 },
      result: { description: 'Any JSON value; the result of the run.' },
    },
  },
};
