import { codec, schemaById, type WorkItemEvent, type WorkItemStateChangedData } from '@codex/contracts';
import { outgoingRecord, type OutgoingRecord } from '@codex/kafka-messaging';
import { v7 as uuidv7 } from 'uuid';
import { sampleTenant } from '../messaging/sample-world';

const PROJECT = uuidv7();
const WAVE = 1_000;

/** The five events of an item that goes well, as work-item appends them. */
export function itemLife(workItemId: string): WorkItemEvent[] {
  const about = { workItemId, projectId: PROJECT };
  const runId = uuidv7();
  const processId = uuidv7();
  const changed = (change: Partial<WorkItemStateChangedData>): WorkItemEvent => ({
    type: 'WorkItemStateChanged',
    data: {
      ...{ ...about, previousState: 'draft', newState: 'scheduled', changedBy: 'work-item', reason: null, attempt: 0 },
      ...{ runId: null, processId: null, result: null, error: null, artifacts: [], ...change },
    },
  });
  return [
    {
      type: 'WorkItemCreated',
      data: {
        ...{ ...about, processId, title: 'Analyze the repository', description: 'x'.repeat(120), priority: 5 },
        ...{ dependsOn: [], requiresApproval: false, notBefore: null, labels: { team: 'a' }, timeoutMs: 60_000 },
        toolRecipe: { steps: [{ tool: 'repository.analyze', with: { url: 'https://example.com/a.git', depth: 50 } }] },
        ...{ retry: { maxAttempts: 3, initialBackoffMs: 4000, maxBackoffMs: 10_000 }, createdBy: 'key-member' },
      },
    },
    { type: 'ToolRecipeValidated', data: { ...about, tools: ['repository.analyze'] } },
    changed({ processId }),
    changed({ previousState: 'scheduled', newState: 'running', attempt: 1, runId }),
    changed({
      ...{ previousState: 'running', newState: 'completed', attempt: 1, runId, result: { files: 1200, languages: 3 } },
      artifacts: [
        { id: uuidv7(), name: 'map.json', mediaType: 'application/json', bytes: 20_000, sha256: 'f'.repeat(64) },
      ],
    }),
  ];
}

/** Lives of many items as Kafka records: a thousand items at a time go through their lives together. */
export function* itemLives(topic: string, items: number): Iterable<readonly OutgoingRecord[]> {
  const addressing = {
    topicOf: () => topic,
    source: 'work-item',
    schemaNameOf: (schemaId: number) => schemaById(schemaId).fullName,
  };
  for (let done = 0; done < items; done += WAVE) {
    const ids = Array.from({ length: Math.min(WAVE, items - done) }, () => uuidv7());
    const lives = ids.map(itemLife);
    for (let step = 0; step < lives[0]!.length; step++) {
      yield lives.map((life, index) => {
        const { type, data } = life[step]!;
        const about = { kind: 'event', stream: `WorkItem-${ids[index]}`, version: step + 1, type } as const;
        const recordedAt = new Date().toISOString();
        return outgoingRecord(
          { ...about, ...codec.encode(type, data), tenantId: sampleTenant, recordedAt, metadata: metadata() },
          addressing,
        );
      });
    }
  }
}

function metadata() {
  const ids = { messageId: uuidv7(), commandId: uuidv7(), correlationId: uuidv7(), causationId: uuidv7() };
  return { ...ids, actor: 'key-member', traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' };
}
