import { Unavailable } from '@codex/event-sourcing';
import { eventually } from '@codex/testing';

import { FormerMembers } from './former-members';
import type { GroupDesk, GroupMember } from './group-desk';
import type { ConsumerEvents } from './kafka-driver';
import { silentLogger } from './messaging-logger';
import { type ConsumerSession, RestartingConsumer } from './restarting-consumer';

const GROUP = 'orders.billing';

/** A group and the sessions that become its members; what happens is written down in order. */
class GroupUnderTest implements GroupDesk {
  readonly log: string[] = [];
  readonly sessions: SessionUnderTest[] = [];
  present: GroupMember[] = [];
  unreachable = 0;
  refuses = false;

  async members(): Promise<readonly GroupMember[]> {
    if (this.unreachable-- > 0) throw new Unavailable('kafka');
    if (this.refuses) throw new Error('not authorized');
    return this.present;
  }

  async remove(_group: string, memberIds: readonly string[]): Promise<void> {
    this.log.push(`remove ${memberIds.join(' ')}`);
    this.present = this.present.filter(({ memberId }) => !memberIds.includes(memberId));
  }

  open(events: ConsumerEvents): ConsumerSession {
    const session = new SessionUnderTest(this, events, `${GROUP}-${this.sessions.length + 1}`);
    this.sessions.push(session);
    this.log.push(`open ${session.memberId}`);
    return session;
  }

  consumer(ownClientId: string | null = null): RestartingConsumer {
    const former = new FormerMembers({ group: GROUP, desk: this, logger: silentLogger, ownClientId });
    return new RestartingConsumer({ group: GROUP, logger: silentLogger, former, open: (events) => this.open(events) });
  }
}

class SessionUnderTest implements ConsumerSession {
  readonly ended: Promise<Error | null>;
  joined = false;
  private end!: (reason: Error | null) => void;

  constructor(
    private readonly group: GroupUnderTest,
    private readonly events: ConsumerEvents,
    readonly memberId: string,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  async start(): Promise<void> {
    this.group.present.push({ memberId: this.memberId, clientId: 'billing' });
    this.joined = true;
    this.events.onAssigned([]);
  }

  finish(reason: Error | null): void {
    this.end(reason);
  }

  async dispose(): Promise<void> {}
  async commitOffsets(): Promise<void> {}
  seek(): void {}
  pause(): void {}
  resume(): void {}
}

const events = (): ConsumerEvents => ({
  onAssigned: () => undefined,
  onRevoked: () => undefined,
  onBatch: async () => true,
  onFetch: () => undefined,
  onFailure: () => undefined,
});

describe('a restarting consumer', () => {
  it('takes what a lost session left behind out of the group before it joins again', async () => {
    const group = new GroupUnderTest();
    const consumer = group.consumer();
    consumer.start(events());
    await eventually(() => group.sessions.length === 1);
    group.unreachable = 2;
    group.sessions[0]!.finish(new Error('connection lost'));
    await eventually(() => group.sessions.length === 2);
    await consumer.stop();
    expect(group.log).toEqual([`open ${GROUP}-1`, `remove ${GROUP}-1`, `open ${GROUP}-2`]);
  });

  it('removes the members of the process it replaces, once, and nobody else', async () => {
    const group = new GroupUnderTest();
    group.present = [
      { memberId: 'dead', clientId: 'billing.1' },
      { memberId: 'other', clientId: 'billing.2' },
    ];
    const consumer = group.consumer('billing.1');
    consumer.start(events());
    await eventually(() => group.sessions.length === 1);
    expect(group.log).toEqual(['remove dead', `open ${GROUP}-1`]);
    group.present.push({ memberId: 'a later one of this name', clientId: 'billing.1' });
    consumer.rejoin();
    await eventually(() => group.sessions.length === 2);
    await consumer.stop();
    expect(group.present.map(({ memberId }) => memberId)).toEqual(['other', 'a later one of this name', `${GROUP}-2`]);
  });

  it('leaves members alone whose client id it shares', async () => {
    const group = new GroupUnderTest();
    group.present = [{ memberId: 'replica', clientId: 'billing' }];
    const consumer = group.consumer(null);
    consumer.start(events());
    await eventually(() => group.sessions.length === 1);
    await consumer.stop();
    expect(group.log).toEqual([`open ${GROUP}-1`]);
  });

  it('does not join before the group could be asked, and says so', async () => {
    const group = new GroupUnderTest();
    group.unreachable = Number.POSITIVE_INFINITY;
    const consumer = group.consumer('billing.1');
    const failures: unknown[] = [];
    consumer.start({ ...events(), onFailure: (error) => failures.push(error) });
    await eventually(() => failures.length > 0, { timeoutMs: 20_000 });
    expect(group.sessions).toEqual([]);
    group.unreachable = 0;
    await eventually(() => group.sessions.length === 1);
    await consumer.stop();
  }, 30_000);

  it('ends when it is stopped at any turn of its start', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const consumer = new GroupUnderTest().consumer();
      consumer.start(events());
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      let stopped = false;
      void consumer.stop().then(() => (stopped = true));
      await eventually(() => stopped, { timeoutMs: 4_000, description: `stopped at turn ${turns}` });
    }
  });

  it('joins all the same when it may not ask', async () => {
    const group = new GroupUnderTest();
    group.refuses = true;
    const consumer = group.consumer('billing.1');
    consumer.start(events());
    await eventually(() => group.sessions.length === 1);
    await consumer.stop();
  });
});
