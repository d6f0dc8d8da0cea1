import { failureOf } from './clone';

describe('what git says about a failed clone', () => {
  it.each([
    ["fatal: repository 'https://x/y.git/' not found", 'REPOSITORY_NOT_FOUND', false],
    ["fatal: '/nowhere' does not appear to be a git repository", 'REPOSITORY_NOT_FOUND', false],
    ['remote: Repository not found.\nfatal: Authentication failed', 'REPOSITORY_ACCESS_DENIED', false],
    ["fatal: could not read Username for 'https://x': terminal prompts disabled", 'REPOSITORY_ACCESS_DENIED', false],
    ['git@x: Permission denied (publickey).', 'REPOSITORY_ACCESS_DENIED', false],
    [
      'warning: Could not find remote branch nope to clone.\nfatal: Remote branch nope not found in upstream origin',
      'REF_NOT_FOUND',
      false,
    ],
    ['fatal: remote error: upload-pack: not our ref ffff', 'REF_NOT_FOUND', false],
    ['fatal: unable to access: Could not resolve host: x', 'CLONE_FAILED', true],
    ['fatal: the remote end hung up unexpectedly', 'CLONE_FAILED', true],
    ['', 'CLONE_FAILED', true],
  ])('%s', (stderr, code, retryable) => expect(failureOf(stderr)).toMatchObject({ code, retryable }));
});
