import { findingsIn, type Evidence } from './judge';

const history = [
  { stream: 'S-1', version: 1 },
  { stream: 'S-1', version: 2 },
  { stream: 'S-2', version: 1 },
];
const sound: Evidence = {
  journal: [
    { marker: 'a', acknowledged: true },
    { marker: 'b', acknowledged: true },
    { marker: 'c', acknowledged: false },
    { marker: 'd', acknowledged: false },
  ],
  stored: history.map((each, index) => ({ ...each, marker: 'abc'[index]! })),
  published: [...history.slice(0, 1), ...history, { stream: 'Other-1', version: 7 }],
  seen: [...history, { stream: 'Other-1', version: 7 }],
};

describe('the judge of faults', () => {
  it('has nothing against a sound history: unanswered commands stored once or not at all, messages repeated', () => {
    expect(findingsIn(sound)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, string]>([
    [
      'an acknowledged command that is gone',
      { journal: [...sound.journal, ack('z')] },
      'acknowledged and not stored: z',
    ],
    ['a command stored twice', { stored: [...sound.stored, stored('S-2', 2, 'a')] }, 'stored 2 times: a'],
    ['a command from nowhere', { stored: [...sound.stored, stored('S-2', 2, 'x')] }, 'nobody sent: x'],
    ['a gap', { stored: [...sound.stored, stored('S-2', 3, null)] }, 'gap in the store: S-2@3 where version 2 was due'],
    ['an event that was never published', { published: history.slice(1) }, 'not in Kafka: S-1@1'],
    [
      'an event published early',
      { published: [history[1]!, history[0]!, history[2]!] },
      'first seen out of order in Kafka: S-1@2 where version 1 was due',
    ],
    ['an event nobody stored', { published: [...history, { stream: 'S-2', version: 2 }] }, 'only in Kafka: S-2@2'],
    ['an event without effect', { seen: history.slice(0, 2) }, 'no effect: S-2@1'],
    ['an event with two effects', { seen: [...history, history[2]!] }, 'took effect twice: S-2@1'],
    [
      'effects out of order',
      { seen: [history[1]!, history[0]!, history[2]!] },
      'took effect out of order: S-1@2 where version 1 was due',
    ],
  ])('finds %s', (_, broken, finding) => {
    expect(findingsIn({ ...sound, ...broken })).toContain(finding);
  });
});

function ack(marker: string) {
  return { marker, acknowledged: true };
}

function stored(stream: string, version: number, marker: string | null) {
  return { stream, version, marker };
}
