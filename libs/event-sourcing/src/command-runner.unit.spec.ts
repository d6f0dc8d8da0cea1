import { randomUUID } from 'node:crypto';

import { CONFLICT_ATTEMPTS, CommandRunner, type RunOptions } from './command-runner';
import type { Decider } from './decider';
import {
  CommandInFlight,
  IdempotencyKeyReused,
  NotFound,
  Refusal,
  Unavailable,
  VersionConflict,
  VersionMismatch,
} from './errors';
import type { AppendOutcome, AppendRequest } from './event-store';
import type { DomainCommand, DomainEvent } from './message';
import { StateCache } from './state-cache';
import { aCommand, aNewEvent, aReply, commandMetadata, InMemoryEventStore, TEST_TENANT } from './testing';

class AlreadyClosed extends Refusal {
  readonly code = 'ALREADY_CLOSED';
}

type Command = DomainCommand<'Open' | 'Close' | 'Grow', object>;
type Event = DomainEvent<'Opened' | 'Closed' | 'Grown', object>;

const door: Decider<Command, 'none' | 'open' | 'closed', Event> = {
  category: 'Door',
  initialState: () => 'none',
  evolve: (_state, event) => (event.type === 'Closed' ? 'closed' : 'open'),
  decide: ({ type }, state) => {
    if (type === 'Grow') return [{ type: 'Grown', data: {} }];
    if (type === 'Open') return state === 'none' ? [{ type: 'Opened', data: {} }] : [];
    if (state === 'none') throw new NotFound('Door');
    if (state === 'closed') throw new AlreadyClosed();
    return [{ type: 'Closed', data: {} }];
  },
};

const STREAM = 'Door-1';

/** Lets another writer be first as often as told. */
class ContestedStore extends InMemoryEventStore {
  rivals = 0;
  appends = 0;

  override async append(request: AppendRequest): Promise<AppendOutcome> {
    this.appends++;
    if (this.rivals > 0 && request.streams.length > 0) {
      this.rivals--;
      await super.append(grownBy(request.streams[0]!.expectedVersion));
    }
    return super.append(request);
  }
}

function grownBy(expectedVersion: number): AppendRequest {
  const events = [aNewEvent('Grown', {})];
  return { commandId: randomUUID(), streams: [{ stream: STREAM, tenantId: TEST_TENANT, expectedVersion, events }] };
}

describe('the command runner', () => {
  let store: ContestedStore;
  let runner: CommandRunner;

  beforeEach(() => {
    store = new ContestedStore();
    runner = new CommandRunner({
      store,
      cache: new StateCache(),
      newId: randomUUID,
      refused: (refusal, stream) => aReply(stream, { data: { code: refusal.code } }),
    });
  });

  const run = (type: Command['type'], options?: RunOptions) => runner.run(door, STREAM, aCommand(type, {}), options);
  const typesOf = async () => (await store.read(STREAM)).map(({ type }) => type);

  it('stores what was decided and answers with a receipt', async () => {
    const command = aCommand('Open' as const, {});
    const { response, replayed } = await runner.run(door, STREAM, command);
    expect({ response, replayed }).toEqual({
      response: {
        id: '1',
        commandId: command.metadata.commandId,
        stream: STREAM,
        version: 1,
        events: ['Opened'],
        consistencyToken: 'Door-1@1',
      },
      replayed: false,
    });
    expect(await store.read(STREAM)).toMatchObject([
      { type: 'Opened', metadata: { commandId: command.metadata.commandId, actor: 'tester' } },
    ]);
  });

  it('answers a command that had nothing to do, on what is stored and not on what it remembers', async () => {
    await run('Open');
    await store.append({ ...grownBy(1) });
    const { response } = await run('Open');
    expect(response).toMatchObject({ version: 2, events: [] });
  });

  it('decides again when another writer was first', async () => {
    await run('Open');
    store.rivals = 3;
    await run('Close');
    expect(await typesOf()).toEqual(['Opened', 'Grown', 'Grown', 'Grown', 'Closed']);
  });

  it('gives a conflict up after so many attempts, having stored nothing', async () => {
    await run('Open');
    store.rivals = CONFLICT_ATTEMPTS;
    await expect(run('Close')).rejects.toThrow(VersionConflict);
    expect(await typesOf()).not.toContain('Closed');
  });

  it('repeats nothing but conflicts', async () => {
    const down = new InMemoryEventStore();
    let tries = 0;
    down.append = () => Promise.reject(new Unavailable(`try ${++tries}`));
    const failing = new CommandRunner({ store: down, cache: new StateCache(), newId: randomUUID, refused: () => null });
    await expect(failing.run(door, STREAM, aCommand('Open' as const, {}))).rejects.toThrow('try 1');
  });

  it('lets commands to one stream take turns, so that they do not decide in vain', async () => {
    await run('Open');
    store.appends = 0;
    await Promise.all(Array.from({ length: 50 }, () => run('Grow')));
    expect(store.appends).toBe(50);
    expect(await typesOf()).toHaveLength(51);
  });

  describe('refusals', () => {
    it('are recorded and thrown', async () => {
      await run('Open');
      await run('Close');
      await expect(run('Close')).rejects.toThrow(AlreadyClosed);
      expect(store.messages).toMatchObject([{ kind: 'reply', data: { code: 'ALREADY_CLOSED' } }]);
    });

    it('are not recorded for what does not exist', async () => {
      await expect(run('Close')).rejects.toThrow(NotFound);
      expect(store.messages).toEqual([]);
    });

    it('meet another tenant as if nothing existed', async () => {
      await run('Open');
      const foreign = aCommand('Close' as const, {}, { tenantId: randomUUID() });
      await expect(runner.run(door, STREAM, foreign)).rejects.toThrow(NotFound);
      await expect(runner.run(door, STREAM, foreign, { ifVersion: 5 })).rejects.toThrow(NotFound);
    });

    it('meet a version that is not the current one', async () => {
      await run('Open');
      await expect(run('Close', { ifVersion: 2 })).rejects.toThrow(VersionMismatch);
      await run('Close', { ifVersion: 1 });
      expect(await typesOf()).toEqual(['Opened', 'Closed']);
    });
  });

  describe('idempotency keys', () => {
    const idempotency = { key: 'k', fingerprint: 'f' };

    it('give the first answer again, with one effect', async () => {
      const first = await run('Grow', { idempotency });
      const second = await run('Grow', { idempotency });
      expect(second).toEqual({ response: first.response, replayed: true });
      expect(await typesOf()).toEqual(['Grown']);
    });

    it('give the first answer also when the command would be refused by now', async () => {
      await run('Open');
      const first = await run('Close', { idempotency });
      expect(await run('Close', { idempotency })).toEqual({ response: first.response, replayed: true });
      expect(store.messages).toEqual([]);
    });

    it('are kept for commands that had nothing to do', async () => {
      await run('Open');
      await run('Open', { idempotency });
      expect(await run('Open', { idempotency })).toMatchObject({ replayed: true, response: { events: [] } });
    });

    it('refuse another request', async () => {
      await run('Grow', { idempotency });
      await expect(run('Grow', { idempotency: { key: 'k', fingerprint: 'other' } })).rejects.toThrow(
        IdempotencyKeyReused,
      );
      expect(await typesOf()).toEqual(['Grown']);
      expect(store.messages).toEqual([]);
    });

    it('refuse the same request while it is running, and take it afterwards', async () => {
      const first = run('Grow', { idempotency });
      await expect(run('Grow', { idempotency })).rejects.toThrow(CommandInFlight);
      await first;
      expect(await run('Grow', { idempotency })).toMatchObject({ replayed: true });
    });

    it('stay free when the command was refused', async () => {
      await run('Open');
      await run('Close');
      await expect(run('Close', { idempotency })).rejects.toThrow(AlreadyClosed);
      expect(await store.findCommands([{ tenantId: TEST_TENANT, key: 'k' }])).toEqual([]);
    });
  });

  it('stores decisions on several streams together, and the response of the work under the key', async () => {
    const idempotency = { key: 'both', fingerprint: 'f' };
    const command = { type: 'Both', data: {}, metadata: commandMetadata() };
    const work = () =>
      runner.transact(command, STREAM, { idempotency }, async (unit) => {
        await unit.load(door, [STREAM, 'Door-2']);
        for (const stream of [STREAM, 'Door-2']) unit.decide(door, stream, aCommand('Open' as const, {}));
        unit.send(aReply(STREAM));
        return { opened: 2 };
      });
    expect(await work()).toEqual({ response: { opened: 2 }, replayed: false });
    expect(await work()).toEqual({ response: { opened: 2 }, replayed: true });
    expect(store.events).toHaveLength(2);
    expect(store.messages).toHaveLength(1);
  });
});
