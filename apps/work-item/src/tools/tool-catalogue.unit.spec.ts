import { InvalidToolInput, UnknownTool } from '../domain/work-item.errors';
import { tools, toolsOf } from './tool-catalogue';

const recipe = (...steps: readonly (readonly [tool: string, input: unknown])[]) => ({
  steps: steps.map(([tool, input]) => ({ tool, with: input as never })),
});

describe('the tool catalogue', () => {
  it('names its tools and describes each', () => {
    expect(tools.map(({ name }) => name)).toEqual(['repository.analyze', 'process.run', 'noop']);
    for (const { description } of tools) expect(description).not.toBe('');
  });

  it.each<[string, unknown]>([
    ['repository.analyze', { repositoryUrl: 'https://example.org/a.git' }],
    ['repository.analyze', { repositoryUrl: 'file:///srv/a', ref: 'main', depth: 1, maxBytes: 1, timeoutMs: 1 }],
    ['repository.analyze', { repositoryUrl: 'git@example.org:a/b.git' }],
    ['repository.analyze', { repositoryUrl: 'ssh://git@example.org/a.git' }],
    [
      'process.run',
      { command: 'node', args: ['--version'], cwd: '.', env: { A: 'b' }, timeoutMs: 1, maxOutputBytes: 1 },
    ],
    ['noop', {}],
    ['noop', { durationMs: 5, result: { any: ['thing', null] } }],
  ])('takes %s with %j', (tool, input) => expect(toolsOf(recipe([tool, input]))).toEqual([tool]));

  it.each<[string, unknown, string]>([
    ['repository.analyze', {}, "must have required property 'repositoryUrl'"],
    ['repository.analyze', { repositoryUrl: '/etc' }, '/repositoryUrl must match pattern'],
    ['repository.analyze', { repositoryUrl: '--upload-pack=x' }, '/repositoryUrl must match pattern'],
    ['repository.analyze', { repositoryUrl: 'https://a/b', ref: '--x' }, '/ref must match pattern'],
    ['process.run', { command: 'node', shell: true }, 'must NOT have additional properties (shell)'],
    ['process.run', { command: 'node', args: 'x' }, '/args must be array'],
    ['process.run', { command: 'node', env: { 'A=B': 'c' } }, 'property name must be valid'],
    ['noop', { durationMs: -1 }, '/durationMs must be >= 0'],
    ['noop', 5, 'input must be object'],
    ['noop', null, 'input must be object'],
  ])('refuses %s with %j', (tool, input, problem) => {
    expect(() => toolsOf(recipe(['noop', {}], [tool, input]))).toThrow(InvalidToolInput);
    expect(() => toolsOf(recipe(['noop', {}], [tool, input]))).toThrow(`step 2, ${tool}: `);
    expect(() => toolsOf(recipe(['noop', {}], [tool, input]))).toThrow(problem);
  });

  it('refuses a tool it does not have', () => {
    for (const name of ['rm', '__proto__', 'constructor']) {
      expect(() => toolsOf(recipe([name, {}]))).toThrow(UnknownTool);
    }
  });

  it('names each tool once', () => {
    expect(toolsOf(recipe(['noop', {}], ['process.run', { command: 'git' }], ['noop', {}]))).toEqual([
      'noop',
      'process.run',
    ]);
  });
});
