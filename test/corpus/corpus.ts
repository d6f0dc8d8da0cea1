import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { codec, schemaById } from '@codex/contracts';
import { agentDecider } from '../../apps/agent-manager/src/domain/agent.decider';
import { runDecider } from '../../apps/agent-manager/src/domain/run.decider';
import { deliveryDecider } from '../../apps/notification/src/domain/delivery.decider';
import { notificationDecider } from '../../apps/notification/src/domain/notification.decider';
import { subscriptionDecider } from '../../apps/notification/src/domain/subscription.decider';
import { projectDecider } from '../../apps/project/src/domain/project.decider';
import { projectQuotaDecider } from '../../apps/project/src/domain/project-quota.decider';
import { taskDecider } from '../../apps/scheduler/src/domain/task.decider';
import { workItemDecider } from '../../apps/work-item/src/domain/work-item.decider';
import { processDecider } from '@codex/process-manager';

/** One stored message of some past, read by today's code. */
export interface CorpusMessage {
  readonly schemaId: number;
  readonly sample: number;
  readonly kind: string;
  /** Category of its stream. */
  readonly category: string;
  readonly context: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A decider as a fold of anything. */
export interface AnyFold {
  readonly category: string;
  initialState(): unknown;
  evolve(state: unknown, event: { readonly type: string; readonly data: unknown }): unknown;
}

/** Every decider of the system. A category of events without one is named in {@link WITHOUT_DECIDER}. */
export const deciders = [
  agentDecider,
  deliveryDecider,
  notificationDecider,
  processDecider,
  projectDecider,
  projectQuotaDecider,
  runDecider,
  subscriptionDecider,
  taskDecider,
  workItemDecider,
] as unknown as readonly AnyFold[];

/** Nothing is decided on these: they report what the platform saw. */
export const WITHOUT_DECIDER: readonly string[] = ['DeadLetter', 'LogAdoption', 'Service'];

const FOLDER = resolve(__dirname, '../../schemas/corpus');

/** The whole corpus, by schema id. */
export function readMessages(): readonly CorpusMessage[] {
  return readdirSync(FOLDER)
    .filter((name) => /^\d+-/.test(name))
    .flatMap((name) => messagesOf(JSON.parse(readFileSync(resolve(FOLDER, name), 'utf8')) as StoredSamples))
    .sort((a, b) => a.schemaId - b.schemaId || a.sample - b.sample);
}

/** Ids of all schema versions, current or not. */
export function releasedIds(): readonly number[] {
  const lock = readFileSync(resolve(FOLDER, '../avro/ids.lock.json'), 'utf8');
  return Object.keys(JSON.parse(lock) as object).map(Number);
}

interface StoredSamples {
  readonly id: number;
  readonly samples: readonly { readonly body: string }[];
}

function messagesOf({ id, samples }: StoredSamples): CorpusMessage[] {
  const { kind, stream: category, context } = schemaById(id);
  return samples.map(({ body }, sample) => {
    const { type, data } = codec.decode(id, Buffer.from(body, 'base64'));
    return { schemaId: id, sample, kind, category, context, type, data: data as CorpusMessage['data'] };
  });
}
