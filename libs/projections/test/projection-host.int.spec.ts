import { eventually } from '@codex/testing';
import { additions, countersProjection, createWorld, idNamed, logProjection, type World } from './projection-world';

describe('projections on real servers', () => {
  let world: World;

  beforeAll(async () => {
    world = await createWorld('projection_host');
  });

  afterAll(async () => {
    await world[Symbol.asyncDispose]();
  });

  it('apply every event once, across two hosts and restarts', async () => {
    const projections = [countersProjection(world.topic), logProjection(world.topic)];
    const first = await world.host(projections);
    await world.publish(additions(300, 20));
    await eventually(async () => (await totals()).sum > 0);
    const second = await world.host(projections);
    await world.publish([...additions(200, 20), { stream: `Other-${idNamed('x')}`, type: 'Happened', data: {} }]);
    await first.stop();
    await world.publish(additions(100, 20));
    await eventually(async () => expect(await totals()).toEqual({ sum: 600, rows: 20, logged: 601 }), {
      timeoutMs: 30_000,
    });
    await second.stop();
    const third = await world.host(projections);
    await world.publish(additions(10, 10));
    await eventually(async () => expect(await totals()).toEqual({ sum: 610, rows: 20, logged: 611 }), {
      timeoutMs: 30_000,
    });
    expect([...third.health().values()].map(({ parked }) => parked)).toEqual([0, 0]);
    await third.stop();
  });

  it('give back what was written: times, JSON, big numbers, nulls and text of every kind', async () => {
    const host = await world.host([countersProjection(world.topic), logProjection(world.topic)]);
    const text = 'Zoë — 数 🙂 "quoted" \\ {a,b} NULL \n\t';
    const tags = { text, nested: [1, -0.5, 1e21, null, true, { ü: [] }], 'key with "quotes"': '' };
    const stream = `Counter-${idNamed('values')}`;
    const recordedAt = '2026-02-28T23:59:59.987654Z';
    await world.publish([
      { stream, type: 'Added', recordedAt, data: { by: 7, last: text, tags, big: 9007199254740991, share: 0.1 } },
      { stream, type: 'Ignored', data: {} },
      { stream, type: 'Added', recordedAt, data: { by: -2, last: text, tags, big: -1, share: 1e300, open: true } },
    ]);
    const row = await eventually(async () => {
      const found = (await world.pool.query('select * from spec.counters where id = $1', [idNamed('values')])).rows[0];
      expect(found?.version).toBe(3);
      return found;
    });
    expect(row).toEqual({
      id: idNamed('values'),
      total: 5,
      last: text,
      at: new Date('2026-02-28T23:59:59.987Z'),
      tags,
      big: '-1',
      share: 1e300,
      open: true,
      version: 3,
    });
    const logged = await eventually(async () => {
      const sql = 'select at::text, data from spec.log where stream = $1 and version = 1';
      return (await world.pool.query(sql, [stream])).rows[0] ?? false;
    });
    expect(logged.data.tags).toEqual(tags);
    expect(logged.at).toContain('59.987654');
    await host.stop();
  });

  it('take a row away when the fold says so, and start it anew', async () => {
    const host = await world.host([countersProjection(world.topic)]);
    const stream = `Counter-${idNamed('removed')}`;
    await world.publish([
      { stream, type: 'Added', data: { by: 3 } },
      { stream, type: 'Removed', data: {} },
    ]);
    await world.publish([{ stream, type: 'Added', data: { by: 1 } }]);
    await eventually(async () => {
      const { rows } = await world.pool.query('select total, version from spec.counters where id = $1', [
        idNamed('removed'),
      ]);
      expect(rows).toEqual([{ total: 1, version: 3 }]);
    });
    await host.stop();
  });

  it('park only the entity whose event can not be folded', async () => {
    const host = await world.host([countersProjection(world.topic)]);
    const bad = `Counter-${idNamed('bad')}`;
    await world.publish([
      { stream: bad, type: 'Exploded', data: {} },
      { stream: bad, type: 'Added', data: { by: 1 } },
      { stream: `Counter-${idNamed('good')}`, type: 'Added', data: { by: 1 } },
    ]);
    await eventually(async () => {
      const { rows } = await world.pool.query('select id from spec.counters where id = any($1)', [
        [idNamed('bad'), idNamed('good')],
      ]);
      expect(rows).toEqual([{ id: idNamed('good') }]);
      const parked = await world.pool.query('select stream from inbox.parked_streams');
      expect(parked.rows).toEqual([{ stream: bad }]);
    });
    await host.stop();
  });

  async function totals() {
    const { rows } = await world.pool.query(
      `select (select coalesce(sum(total), 0)::int from spec.counters) as sum, (select count(*)::int from spec.counters) as rows,
        (select count(*)::int from spec.log) as logged`,
    );
    return rows[0] as { sum: number; rows: number; logged: number };
  }
});
