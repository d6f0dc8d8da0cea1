import { Unavailable } from '@codex/event-sourcing';
import { classified } from './classified-sql';

describe('classified SQL', () => {
  it('says that the database is away when the connection broke', async () => {
    const broken = { query: () => Promise.reject(Object.assign(new Error('read'), { syscall: 'read' })) };
    await expect(classified(broken).query('select 1')).rejects.toBeInstanceOf(Unavailable);
  });

  it('passes answers and other errors on', async () => {
    const error = new Error('column does not exist');
    const answers = [Promise.resolve({ rows: [1] }), Promise.reject(error)];
    const sql = classified({ query: () => answers.shift() as never });
    expect(await sql.query('select 1')).toEqual({ rows: [1] });
    await expect(sql.query('select 1')).rejects.toBe(error);
  });
});
