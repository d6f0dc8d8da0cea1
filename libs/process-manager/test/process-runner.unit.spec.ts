import { randomUUID } from 'node:crypto';
import { Refusal, StateCache, Unavailable, UnitOfWork, type Decider, type DomainCommand } from '@codex/event-sourcing';
import { commandMetadata, InMemoryEventStore } from '@codex/event-sourcing/testing';
import {
  commandIdOf,
  defineProcess,
  ProcessRunner,
  processStream,
  type LocalAction,
  type ProcessMessage,
} from '../src';

type Note = DomainCommand<'Note', { readonly text: string }>;
type Noted = { readonly type: 'Noted'; readonly data: { readonly text: string } };

/** A stream that keeps what the steps did, so that their decisions can be seen. */
const diary: Decider<Note, readonly string[], Noted> = {
  category: 'Diary',
  initialState: () => [],
  evolve: (texts, { data }) => [...texts, data.text],
  decide: ({ data }) => [{ type: 'Noted', data }],
};

class TooLate extends Refusal {
  readonly code = 'TOO_LATE';
}

const note = (text: string): LocalAction => ({
  kind: 'local',
  name: text,
  execute: (unit, { subject, metadata }) => {
    unit.decide(diary, `Diary-${subject['diaryId']}`, { type: 'Note', data: { text }, metadata });
  },
});

/** First runs `first`, then sends a command and keeps a diary about it. */
function setUp(first: LocalAction) {
  const definition = defineProcess({
    name: 'Errand',
    version: 1,
    participants: [{ decider: diary, stream: ({ diaryId }) => `Diary-${diaryId}` }],
    steps: [
      { name: 'First', action: first, compensation: note('undone') },
      {
        name: 'Send',
        action: {
          kind: 'remote',
          name: 'Fetch',
          target: 'shop',
          build: (unit, { processId, subject }) => ({
            stream: `Shop-${processId}`,
            data: { diary: unit.stateOf(diary, `Diary-${subject['diaryId']}`).state },
          }),
        },
        onSucceeded: (unit, context) => void note('sent').execute(unit, context),
      },
      {
        name: 'Ask',
        action: { kind: 'wait', waitingFor: 'somebody', signals: {} },
        onWaiting: note('waiting').execute,
      },
    ],
  });
  const faults: unknown[] = [];
  const runner = new ProcessRunner({ definitions: [definition], onFault: (error) => faults.push(error) });
  const store = new InMemoryEventStore();
  const cache = new StateCache(0);
  const id = randomUUID();
  const unitOf = (): UnitOfWork => new UnitOfWork({ store, cache, newId: randomUUID });
  const subject = { diaryId: id };
  const start = async (): Promise<UnitOfWork> => {
    const unit = unitOf();
    unit.begin(diary, `Diary-${id}`);
    runner.start(unit, { definition: 'Errand', processId: id, subject, input: {} }, commandMetadata());
    await store.append(unit.request(randomUUID()));
    return unit;
  };
  const tell = async (message: ProcessMessage, tenant = {}): Promise<UnitOfWork> => {
    const unit = unitOf();
    await runner.load(unit, [id]);
    runner.tell(unit, id, { message, metadata: commandMetadata(tenant) });
    await store.append(unit.request(randomUUID()));
    return unit;
  };
  const written = async (): Promise<readonly unknown[]> => (await store.read(`Diary-${id}`)).map(({ data }) => data);
  const types = async (): Promise<readonly string[]> => (await store.read(processStream(id))).map(({ type }) => type);
  return { id, runner, start, tell, written, types, faults, unitOf };
}

const accepted = (id: string): ProcessMessage => ({
  type: 'reply',
  commandId: commandIdOf(id, { step: 'Send', phase: 'do' }),
  outcome: 'accepted',
  error: null,
});

describe('the process runner', () => {
  it('does local work and sends the next command in the same unit', async () => {
    const errand = setUp(note('first'));
    const { messages } = (await errand.start()).request('x');
    expect(await errand.written()).toEqual([{ text: 'first' }]);
    const commandId = commandIdOf(errand.id, { step: 'Send', phase: 'do' });
    expect(messages).toMatchObject([
      {
        kind: 'command',
        type: 'Fetch',
        stream: `Shop-${errand.id}`,
        data: { diary: ['first'] },
        metadata: { messageId: commandId, commandId },
      },
    ]);
  });

  it('lets the definition decide at its moments', async () => {
    const errand = setUp(note('first'));
    await errand.start();
    await errand.tell(accepted(errand.id));
    expect(await errand.written()).toEqual([{ text: 'first' }, { text: 'sent' }, { text: 'waiting' }]);
  });

  it('takes a refusal of local work as final', async () => {
    const refusing: LocalAction = {
      kind: 'local',
      name: 'first',
      execute: () => {
        throw new TooLate('too late');
      },
    };
    const errand = setUp(refusing);
    await errand.start();
    expect((await errand.types()).slice(-2)).toEqual(['ProcessStepFailed', 'ProcessCompensated']);
    expect(errand.faults).toEqual([]);
  });

  it('reports a fault of local work and tries it again later', async () => {
    let calls = 0;
    const flaky: LocalAction = {
      kind: 'local',
      name: 'first',
      execute: () => {
        if (++calls === 1) throw new TypeError('x is not a function');
      },
    };
    const errand = setUp(flaky);
    const { streams } = (await errand.start()).request('x');
    expect(errand.faults).toMatchObject([{ message: 'x is not a function' }]);
    expect(JSON.stringify(streams)).not.toContain('is not a function');
    expect((await errand.types()).slice(-2)).toEqual(['ProcessStepFailed', 'ProcessStepStarted']);
    await errand.tell({ type: 'deadline', dueAt: '2031-01-01T00:00:00.000Z' });
    expect(await errand.types()).toContain('ProcessStepSucceeded');
  });

  it('leaves what is transient to whoever runs the unit', async () => {
    const away: LocalAction = {
      kind: 'local',
      name: 'first',
      execute: () => {
        throw new Unavailable('something');
      },
    };
    const errand = setUp(away);
    await expect(errand.start()).rejects.toThrow(Unavailable);
    expect(await errand.types()).toEqual([]);
  });

  it('changes nothing for another tenant, or for a process nobody knows', async () => {
    const errand = setUp(note('first'));
    await errand.start();
    expect((await errand.tell(accepted(errand.id), { tenantId: randomUUID() })).isEmpty).toBe(true);
    const unit = errand.unitOf();
    const unknown = randomUUID();
    await errand.runner.load(unit, [unknown]);
    const told = { message: accepted(unknown), metadata: commandMetadata() };
    expect(errand.runner.tell(unit, unknown, told)).toEqual([]);
  });
});
