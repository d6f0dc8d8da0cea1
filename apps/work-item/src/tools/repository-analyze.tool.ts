import type { Tool } from './tool';

export const repositoryAnalyze: Tool = {
  name: 'repository.analyze',
  description:
    'Clones a git repository and describes it: languages, files, dependency manifests, module import graph and hot spots by history, as a JSON system map in the artifacts.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['repositoryUrl'],
    properties: {
      repositoryUrl: {
        type: 'string',
        minLength: 1,
        maxLength: 2048,
        pattern: '^(https://|ssh://|file://|git@[A-Za-z0-9][A-Za-z0-9.-]*:)[^\\s\\\\]+$',
        description: 'An https, ssh (also git@host:path) or file URL.',
      },
      ref: {
        type: 'string',
        minLength: 1,
        maxLength: 255,
        pattern: '^[^\\s~^:?*\\[\\\\-][^\\s~^:?*\\[\\\\]*$',
        description: 'Branch, tag or commit; default the default branch.',
      },
      depth: { type: 'integer', minimum: 1, maximum: 1_000_000, description: 'Commits of history to fetch.' },
      maxBytes: { type: 'integer', minimum: 1, maximum: 10_737_418_240, description: 'Largest clone, in bytes.' },
      timeoutMs: { type: 'integer', minimum: 1, maximum: 86_400_000, description: 'Longest time, in milliseconds.' },
    },
  },
};
