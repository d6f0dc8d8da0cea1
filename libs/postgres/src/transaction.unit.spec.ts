import type { PoolClient } from 'pg';

import { withTransaction } from './transaction';

/** A client whose statements all succeed. */
function aClient() {
  const said: string[] = [];
  const released: unknown[] = [];
  const client = {
    query: async (text: string) => {
      said.push(text);
      return { command: text.toUpperCase() };
    },
    release: (broken: unknown) => void released.push(broken),
  };
  return { client: client as unknown as PoolClient, said, released };
}

describe('a transaction on a client', () => {
  it('is rolled back when its work fails, and the client is used again', async () => {
    const { client, said, released } = aClient();
    const failed = withTransaction(client, () => Promise.reject(new Error('no')));
    await expect(failed).rejects.toThrow('no');
    expect(said).toEqual(['begin', 'rollback']);
    expect(released).toEqual([false]);
  });

  it('asks nothing more of a connection that does not answer', async () => {
    const { client, said, released } = aClient();
    const lost = withTransaction(client, () => Promise.reject(new Error('Query read timeout')));
    await expect(lost).rejects.toThrow('Query read timeout');
    expect(said).toEqual(['begin']);
    expect(released).toEqual([true]);
  });
});
