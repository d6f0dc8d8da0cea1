import type { Tool } from './tool';

export const processRun: Tool = {
  name: 'process.run',
  description:
    "Runs an executable of the agent's allow-list without a shell, within time and output limits; its output becomes an artifact.",
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['command'],
    properties: {
      command: { type: 'string', minLength: 1, maxLength: 1024, description: 'A name or path of the allow-list.' },
      args: { type: 'array', maxItems: 256, items: { type: 'string', maxLength: 8192 }, default: [] },
      cwd: { type: 'string', minLength: 1, maxLength: 1024, description: 'A folder inside the workspace of the run.' },
      env: {
        type: 'object',
        maxProperties: 64,
        propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$', maxLength: 128 },
        additionalProperties: { type: 'string', maxLength: 8192 },
      },
      timeoutMs: { type: 'integer', minimum: 1, maximum: 86_400_000, description: 'Longest time, in milliseconds.' },
      maxOutputBytes: { type: 'integer', minimum: 1, maximum: 8_388_608, description: 'Largest output kept.' },
    },
  },
};
