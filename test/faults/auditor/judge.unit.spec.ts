import { projectsProjection } from '../../../apps/projector/src/projections/projects.projection';
import type { CommandAttempt } from '../load/journal';
import type { Evidence, StoredMessage } from './evidence';
import { describeFinding } from './finding';
import { judge } from './judge';
import {
  accepted,
  evidenceOf,
  leaf,
  logged,
  projectId,
  projectRow,
  projectStory,
  projectStream,
  storedEvent,
} from './sample-evidence';

const [created, first, second] = projectStory();
const story = [created, first, second];

const brokenRules = (evidence: Evidence): string[] => [...new Set(judge(evidence).map(({ rule }) => rule))];
const inAgentManager = (stream: string, version: number, type: string, data = {}): StoredMessage =>
  storedEvent({ service: 'agent-manager', stream, version }, type, data);

/** Only what one service's store says, so that only the rules about stores can object. */
function storeOnly(messages: readonly StoredMessage[], parts: Partial<Evidence> = {}): string[] {
  const elsewhere = ['log-complete-in-order', 'audit-complete'];
  return brokenRules(evidenceOf(messages, parts)).filter((rule) => !elsewhere.includes(rule));
}

describe('the auditor', () => {
  it('finds nothing where everything is right', () => {
    const commands = [accepted(created), accepted(second, `/v1/projects/${projectId}/requirements`)];
    const readModels = [{ projection: projectsProjection, rows: [projectRow], counts: [] }];
    expect(judge(evidenceOf(story, { readModels, journal: { commands, claims: [] } }))).toEqual([]);
  });

  it('says what it expected and what it saw', () => {
    const [finding] = judge(evidenceOf(story, { log: [logged(created, 0), logged(second, 1)] }));
    expect(describeFinding(finding!)).toBe(
      `log-complete-in-order: RequirementAdded ${projectStream}@2: expected in Kafka at least once, saw nothing`,
    );
  });
});

describe('acknowledged-once', () => {
  const judged = (...commands: CommandAttempt[]): string[] => storeOnly(story, { journal: { commands, claims: [] } });

  it('misses what a client was told', () => {
    const answer = { status: 201, body: { ...accepted(created).answer!.body, commandId: 'another' }, replayed: false };
    expect(judged({ ...accepted(created), answer })).toEqual(['acknowledged-once']);
  });

  it('objects to another version than the one in the receipt', () => {
    const answer = { status: 200, body: { ...accepted(second).answer!.body, version: 4 }, replayed: false };
    expect(judged({ ...accepted(second), answer })).toEqual(['acknowledged-once']);
  });

  it('objects to two answers to one call', () => {
    const again = { ...accepted(second), call: accepted(first).call };
    expect(judged(accepted(first), again)).toContain('acknowledged-once');
  });

  it('looks for the item of a creation', () => {
    const body = { id: 'item', processId: 'process', commandId: 'command' };
    const answer = { status: 202, body, replayed: false };
    expect(judged({ call: 'c', method: 'POST', path: '/', key: null, answer })).toEqual(['acknowledged-once']);
  });
});

describe('unanswered-at-most-once', () => {
  const attempt = (answer: CommandAttempt['answer']): CommandAttempt => ({ ...accepted(first), key: 'k', answer });

  it('objects to two effects of one call', () => {
    const twice = storedEvent({ stream: projectStream, version: 3 }, 'RequirementAdded', second.data, {
      correlationId: first.metadata.correlationId,
    });
    const journal = { commands: [attempt(null), attempt(null)], claims: [] };
    expect(storeOnly([created, first, twice], { journal })).toEqual(['unanswered-at-most-once']);
  });

  it('objects to an effect of what was refused', () => {
    const journal = { commands: [attempt({ status: 409, body: {}, replayed: false })], claims: [] };
    expect(storeOnly(story, { journal })).toEqual(['unanswered-at-most-once']);
  });

  it('objects to a yes and a no', () => {
    const no = attempt({ status: 409, body: { code: 'PROJECT_ARCHIVED' }, replayed: false });
    expect(storeOnly(story, { journal: { commands: [accepted(first), no], claims: [] } })).toEqual([
      'unanswered-at-most-once',
    ]);
  });

  it('allows one effect of what was never answered', () => {
    expect(storeOnly(story, { journal: { commands: [attempt(null)], claims: [] } })).toEqual([]);
  });
});

describe('versions-gapless', () => {
  it('objects to a gap', () => {
    expect(storeOnly([created, second])).toEqual(['versions-gapless']);
  });

  it('objects to an event that is stored twice', () => {
    const metadata = { messageId: first.metadata.messageId };
    const copy = storedEvent({ stream: projectStream, version: 3 }, 'RequirementAdded', {}, metadata);
    expect(storeOnly([created, first, copy])).toEqual(['versions-gapless']);
  });
});

describe('log-complete-in-order', () => {
  const judged = (log: Evidence['log']): string[] => brokenRules(evidenceOf(story, { log }));

  it('misses what was not published', () => {
    expect(judged([logged(created, 0), logged(second, 1)])).toEqual(['log-complete-in-order']);
  });

  it('objects to a later version that was seen first', () => {
    const log = [logged(created, 0), logged(second, 1), logged(first, 2)];
    expect(judged(log)).toEqual(['log-complete-in-order']);
  });

  it('objects to a repeat with another body', () => {
    const log = story.map((message, offset) => logged(message, offset));
    expect(judged([...log, { ...log[1]!, raw: Buffer.from('x'), offset: 3 }])).toEqual(['log-complete-in-order']);
  });

  it('allows a command that was sent again under its id, but wants each as it was stored', () => {
    const command = (position: number, body = 'the same'): StoredMessage => ({
      ...storedEvent({ stream: 'WorkItem-1', version: position }, 'NotifySubscribers', {}, { messageId: 'the-same' }),
      kind: 'command',
      version: null,
      raw: Buffer.from(body),
    });
    const log = [{ ...logged(command(1), 0), version: null }];
    const parts = { log, audit: { records: [], nextIndex: 0 } };
    expect(brokenRules(evidenceOf([command(1), command(2)], parts))).toEqual([]);
    expect(brokenRules(evidenceOf([command(1), command(2, 'more')], parts))).toEqual(['log-complete-in-order']);
  });

  it('allows repeats behind the first sighting', () => {
    const log = [logged(created, 0), logged(first, 1), logged(first, 2), logged(second, 3), logged(first, 4)];
    expect(judged(log)).toEqual([]);
  });

  it('objects to another body, another partition, and what was never stored', () => {
    const log = story.map((message, offset) => logged(message, offset));
    const changed = (part: object): Evidence['log'] => [log[0]!, log[1]!, { ...log[2]!, ...part }];
    expect(judged(changed({ raw: Buffer.from('x') }))).toEqual(['log-complete-in-order']);
    expect(judged(changed({ partition: log[2]!.partition + 1 }))).toEqual(['log-complete-in-order']);
    expect(judged([...log, { ...log[2]!, id: 'nobody', offset: 9 }])).toEqual(['log-complete-in-order']);
  });
});

describe('read-models-equal-fold', () => {
  const judged = (rows: readonly Readonly<Record<string, unknown>>[]): string[] =>
    brokenRules(evidenceOf(story, { readModels: [{ projection: projectsProjection, rows, counts: [] }] }));

  it('objects to a missing row, another row, and one too many', () => {
    expect(judged([])).toEqual(['read-models-equal-fold']);
    expect(judged([{ ...projectRow, name: 'Two' }])).toEqual(['read-models-equal-fold']);
    expect(judged([projectRow, { ...projectRow, id: 'another' }])).toEqual(['read-models-equal-fold']);
  });

  it('objects to an event that was applied twice', () => {
    const requirements = projectRow['requirements'] as readonly object[];
    expect(judged([{ ...projectRow, requirements: [...requirements, requirements.at(-1)] }])).toEqual([
      'read-models-equal-fold',
    ]);
  });
});

describe('counts-equal-rows', () => {
  const counting = { ...projectsProjection, counted: ['status'] };
  const judged = (counts: readonly object[]): string[] =>
    brokenRules(
      evidenceOf(story, { readModels: [{ projection: counting, rows: [projectRow], counts: counts as never }] }),
    );

  it('objects to a count that is too high, too low, missing, or of nothing', () => {
    const { status } = projectRow;
    expect(judged([{ status, count: '1' }])).toEqual([]);
    expect(judged([{ status, count: '2' }])).toEqual(['counts-equal-rows']);
    expect(judged([{ status, count: '0' }])).toEqual(['counts-equal-rows']);
    expect(judged([])).toEqual(['counts-equal-rows']);
    expect(
      judged([
        { status, count: '1' },
        { status: 'lost', count: '1' },
      ]),
    ).toEqual(['counts-equal-rows']);
  });
});

describe('everything-ends', () => {
  const grant = { grantId: 'g' };
  const quota = (version: number, type: string): StoredMessage =>
    storedEvent({ stream: 'ProjectQuota-1', version }, type, grant);

  it('objects to a process without an end, an open item, a kept grant, a kept lease and a live run', () => {
    expect(storeOnly([storedEvent({ stream: 'Process-1', version: 1 }, 'ProcessStarted')])).toEqual([
      'everything-ends',
    ]);
    expect(storeOnly([storedEvent({ stream: 'WorkItem-1', version: 1 }, 'WorkItemCreated')])).toEqual([
      'everything-ends',
    ]);
    expect(storeOnly([quota(1, 'QuotaAssigned')])).toEqual(['everything-ends']);
    const leases = [{ runId: 'r', agentId: 'a' }];
    expect(storeOnly([], { runDesk: { runs: [], leases } })).toEqual(['everything-ends']);
    const runs = [{ runId: 'r', workItemId: 'w', status: 'queued' }];
    expect(storeOnly([], { runDesk: { runs, leases: [] } })).toEqual(['everything-ends']);
  });

  it('allows what was given back', () => {
    expect(storeOnly([quota(1, 'QuotaAssigned'), quota(2, 'QuotaReleased')])).toEqual([]);
  });
});

describe('one-lease-a-run', () => {
  const about = { workItemId: 'w', attempt: 1 };
  const queued = inAgentManager('Run-1', 1, 'RunQueued', about);
  const started = inAgentManager('Run-1', 2, 'RunStarted', { ...about, agentId: 'a' });
  const claim = { agentId: 'a', runId: '1', workItemId: 'w', attempt: 1, leaseToken: 't' };
  const judged = (claims: Evidence['journal']['claims'], ...more: StoredMessage[]): string[] =>
    storeOnly([queued, started, ...more], { journal: { commands: [], claims } });

  it('allows one claim, one start, one end', () => {
    expect(judged([claim], inAgentManager('Run-1', 3, 'RunCompleted', about))).toEqual([]);
  });

  it('objects to a run that was given twice, or to another agent than the store says', () => {
    expect(judged([claim, { ...claim, agentId: 'b' }])).toEqual(['one-lease-a-run']);
    expect(judged([{ ...claim, agentId: 'b' }])).toEqual(['one-lease-a-run']);
  });

  it('objects to a second start, a second end, and to anything behind the end', () => {
    expect(judged([], inAgentManager('Run-1', 3, 'RunStarted', about))).toEqual(['one-lease-a-run']);
    const lost = inAgentManager('Run-1', 3, 'RunLost', about);
    expect(judged([], lost, inAgentManager('Run-1', 4, 'RunCompleted', about))).toEqual(['one-lease-a-run']);
    expect(judged([], lost, inAgentManager('Run-1', 4, 'RunProgressed', about))).toEqual(['one-lease-a-run']);
  });

  it('objects to two live runs of one item', () => {
    const next = inAgentManager('Run-2', 1, 'RunQueued', { ...about, attempt: 2 });
    expect(judged([], next)).toEqual(['one-lease-a-run']);
    expect(judged([], inAgentManager('Run-1', 3, 'RunLost', about), next)).toEqual([]);
  });

  it('objects to a lie that was believed', () => {
    const answer = {
      status: 200,
      body: { id: '1', stream: 'Run-1', version: 2, commandId: 'x', events: [] },
      replayed: false,
    };
    const lie = { call: 'c', method: 'POST', path: '/v1/runs/1/complete', key: null, answer, mustFail: true };
    expect(storeOnly([queued, started], { journal: { commands: [lie], claims: [] } })).toEqual(['one-lease-a-run']);
  });

  it('objects to two accepted endings', () => {
    const ending = (commandId: string): CommandAttempt => {
      const body = { id: '1', stream: 'Run-1', version: 3, commandId, events: ['RunCompleted'] };
      const answer = { status: 200, body, replayed: false };
      return { call: commandId, method: 'POST', path: '/v1/runs/1/complete', key: null, answer };
    };
    const journal = { commands: [ending('one'), ending('two')], claims: [] };
    expect(storeOnly([queued, started], { journal })).toContain('one-lease-a-run');
  });
});

describe('attempts-counted-once', () => {
  const task = (version: number, type: string, attempt: number, runId: string | null = 'r'): StoredMessage =>
    storedEvent({ service: 'scheduler', stream: 'Task-1', version }, type, { attempt, runId });

  it('objects to an attempt that is offered or given up twice', () => {
    expect(storeOnly([task(1, 'TaskReady', 1), task(2, 'TaskReady', 1)])).toEqual(['attempts-counted-once']);
    expect(storeOnly([task(1, 'TaskRetryScheduled', 1), task(2, 'TaskFailed', 1)])).toEqual(['attempts-counted-once']);
  });

  it('objects to two runs of one attempt', () => {
    const about = { workItemId: 'w', attempt: 1 };
    const runs = ['Run-1', 'Run-2'].map((stream) => inAgentManager(stream, 1, 'RunQueued', about));
    expect(storeOnly(runs)).toContain('attempts-counted-once');
  });

  it('allows a task that failed twice without a run', () => {
    expect(storeOnly([task(1, 'TaskFailed', 1, null), task(2, 'TaskFailed', 1, null)])).toEqual([]);
  });

  it('allows the next attempt', () => {
    const story1 = [task(1, 'TaskReady', 1), task(2, 'TaskRetryScheduled', 1), task(3, 'TaskReady', 2)];
    expect(storeOnly(story1)).toEqual([]);
  });
});

describe('audit-complete', () => {
  const judged = (records: Evidence['audit']['records'], nextIndex = records.length): string[] =>
    brokenRules(evidenceOf(story, { audit: { records, nextIndex } }));
  const leaves = story.map(leaf);

  it('misses a leaf, and objects to one too many or twice', () => {
    expect(judged(leaves.slice(0, 2))).toEqual(['audit-complete']);
    expect(judged([...leaves, leaf(first, 3)])).toEqual(['audit-complete']);
    const unknown = storedEvent({ stream: 'Project-9', version: 1 }, 'ProjectCreated');
    expect(judged([...leaves, leaf(unknown, 3)])).toEqual(['audit-complete']);
  });

  it('objects to a gap in the index', () => {
    expect(judged([leaves[0]!, leaves[1]!, leaf(second, 3)])).toEqual(['audit-complete']);
    expect(judged(leaves, 4)).toEqual(['audit-complete']);
  });

  it('objects to a wrong hash, another body and another actor', () => {
    const changed = (part: object): Evidence['audit']['records'] => [
      leaves[0]!,
      leaves[1]!,
      { ...leaves[2]!, ...part },
    ];
    expect(judged(changed({ leafHash: Buffer.alloc(32) }))).toEqual(['audit-complete']);
    expect(judged(changed({ data: Buffer.from('x') }))).toEqual(['audit-complete']);
    expect(judged(changed({ entry: { ...leaves[2]!.entry, actor: 'another' } }))).toEqual(['audit-complete']);
  });

  it('wants refusals as well, and no other reply', () => {
    const reply = (outcome: string): StoredMessage => ({
      ...storedEvent({ stream: projectStream, version: 9 }, 'CommandReplied', { outcome }),
      kind: 'reply',
      version: null,
    });
    const audit = { records: leaves, nextIndex: 3 };
    expect(brokenRules(evidenceOf([...story, reply('refused')], { audit }))).toEqual(['audit-complete']);
    expect(brokenRules(evidenceOf([...story, reply('accepted')], { audit }))).toEqual([]);
  });
});

describe('nothing-parked', () => {
  it('objects to a dead letter', () => {
    const letter = { service: 'scheduler', group: 'g', stream: 's', reason: 'VERSION_GAP' };
    expect(storeOnly([], { deadLetters: [letter] })).toEqual(['nothing-parked']);
  });
});
