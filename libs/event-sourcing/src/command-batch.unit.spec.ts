import {
  recordOfReply,
  runCommandBatch,
  receivedCommand,
  type CommandAnswer,
  type ReceivedCommand,
} from './command-batch';
import type { Decider } from './decider';
import { Poison, Refusal } from './errors';
import type { AppendRequest } from './event-store';
import type { DomainCommand, DomainEvent } from './message';
import { StateCache } from './state-cache';
import { InMemoryEventStore, TEST_TENANT } from './testing';

class Full extends Refusal {
  readonly code = 'FULL';
}

type Put = DomainCommand<'Put', { readonly box: string; readonly what: string }>;
type Stored = DomainEvent<'Stored', { readonly what: string }>;

/** A box holds two different things. */
const boxDecider: Decider<Put, readonly string[], Stored> = {
  category: 'Box',
  initialState: () => [],
  evolve: (state, { data }) => [...state, data.what],
  decide: ({ data }, state) => {
    if (data.what === 'bomb') throw new Poison('BOMB', 'a bug');
    if (state.includes(data.what)) return [];
    if (state.length >= 2) throw new Full('full');
    return [{ type: 'Stored', data: { what: data.what } }];
  },
};

let ids = 0;
const newId = (): string => `id-${++ids}`;
const put = (box: string, what: string, id = newId()): ReceivedCommand<Put> =>
  receivedCommand<Put>(
    {
      id,
      type: 'Put',
      stream: `Box-${box}`,
      tenantId: TEST_TENANT,
      actor: 'a',
      correlationId: 'c',
      data: { box, what },
    },
    '2030-01-01T00:00:00.000Z',
  );

describe('a batch of commands', () => {
  it('is decided in order, on what was decided before', async () => {
    const { run, store } = aWorld();
    const answers = await run([put('x', 'a'), put('y', 'a'), put('x', 'a'), put('x', 'b'), put('x', 'c')]);
    expect(answers).toEqual(['accepted', 'accepted', 'unchanged', 'accepted', 'refused FULL']);
    expect((await store.read('Box-x')).map(({ data }) => (data as { what: string }).what)).toEqual(['a', 'b']);
  });

  it('is one append with one part for each stream', async () => {
    const { run, requests } = aWorld();
    await run([put('x', 'a'), put('y', 'a'), put('x', 'b')]);
    expect(requests.map(({ streams }) => streams.map(({ stream, events }) => [stream, events.length]))).toEqual([
      [
        ['Box-x', 2],
        ['Box-y', 1],
      ],
    ]);
  });

  it('answers a known command the same again, and does not decide it again', async () => {
    const { run, store } = aWorld();
    const [first, late] = [put('x', 'a'), put('x', 'c')];
    expect(await run([first, put('x', 'b'), late, first])).toEqual([
      'accepted',
      'accepted',
      'refused FULL',
      'accepted',
    ]);
    expect(await run([first, late])).toEqual(['accepted', 'refused FULL']);
    expect(await store.read('Box-x')).toHaveLength(2);
  });

  it('can be made known again from its replies', async () => {
    const { run, requests } = aWorld();
    await run([put('x', 'a'), put('x', 'a'), put('x', 'b'), put('x', 'c')]);
    const [{ messages, idempotency }] = requests as [AppendRequest];
    expect(messages!.map(recordOfReply)).toEqual(idempotency);
    expect(idempotency).toHaveLength(4);
  });

  it('names command and asker in reply and events', async () => {
    const { run, requests } = aWorld();
    const command = put('x', 'a');
    await run([command]);
    const [{ messages, streams }] = requests as [AppendRequest];
    expect(messages![0]).toMatchObject({
      kind: 'reply',
      stream: 'Box-x',
      tenantId: TEST_TENANT,
      type: 'CommandReplied',
      data: { commandId: command.metadata.commandId, commandType: 'Put', target: 'Box-x', actor: 'a', box: 'x' },
      metadata: { causationId: command.metadata.commandId, correlationId: 'c' },
    });
    expect(streams[0]!.events[0]!.metadata).toMatchObject({ commandId: command.metadata.commandId });
  });

  it('is nothing at all when something is thrown that is no refusal', async () => {
    const { run, requests } = aWorld();
    await expect(run([put('x', 'a'), put('x', 'bomb')])).rejects.toThrow(Poison);
    expect(requests).toEqual([]);
  });

  it('without commands appends nothing', async () => {
    const { run, requests } = aWorld();
    expect(await run([])).toEqual([]);
    expect(requests).toEqual([]);
  });

  it('changes the cache only after the commit', async () => {
    const { store, options } = aWorld();
    const committed = await runCommandBatch([put('x', 'a')], transactionOf(store, []), options);
    expect(options.cache.get('Box-x')).toBeUndefined();
    committed();
    expect(options.cache.get('Box-x')).toMatchObject({ version: 1, state: ['a'] });
  });
});

function aWorld() {
  const store = new InMemoryEventStore();
  const requests: AppendRequest[] = [];
  const options = {
    cache: new StateCache(),
    newId,
    subjectOf: ({ data }: Put) => ({ box: data.box }),
    prepare: async (
      unit: Parameters<Parameters<typeof runCommandBatch<Put>>[2]['prepare']>[0],
      unknown: readonly Put[],
    ) => {
      await unit.load(
        boxDecider,
        unknown.map(({ data }) => `Box-${data.box}`),
      );
      return (command: Put) => unit.decide(boxDecider, `Box-${command.data.box}`, command);
    },
  };
  const run = async (commands: readonly ReceivedCommand<Put>[]): Promise<readonly string[]> => {
    const before = requests.length;
    (await runCommandBatch(commands, transactionOf(store, requests), options))();
    const replies = requests.slice(before).flatMap(({ messages = [] }) => messages);
    return replies.map(({ data }) => said(data as CommandAnswer));
  };
  return { store, requests, options, run };
}

function transactionOf(store: InMemoryEventStore, requests: AppendRequest[]) {
  return {
    load: store.load.bind(store),
    findCommands: store.findCommands.bind(store),
    append: async (appended: readonly AppendRequest[]) => {
      for (const request of appended) await store.append(request);
      requests.push(...appended);
    },
  };
}

function said({ outcome, code }: CommandAnswer): string {
  return code === null ? outcome : `${outcome} ${code}`;
}
