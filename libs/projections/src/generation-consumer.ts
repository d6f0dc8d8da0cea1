import { Unavailable } from '@codex/event-sourcing';
import { defaultFailurePolicy, type ConsumerDeclaration, type FailurePolicy } from '@codex/kafka-messaging';
import { inTransaction } from '@codex/postgres';
import type { Pool } from 'pg';
import { feedable, generationGroup, type Generation } from './generation';
import { projectionHandler } from './projection-handler';
import { endIn, type Offsets } from './projection-offsets';
import type { Projection } from './projection';

/** How much is done and remembered at once. */
interface Size {
  readonly maxMessages: number;
  readonly cachedRows: number;
}

const FEEDING: Size = { maxMessages: 2_000, cachedRows: 2_000 };
/** More events of a stream in one batch are fewer rows to write, but every relay waits while a batch is written. */
const FILLING: Size = { maxMessages: 4_000, cachedRows: 20_000 };
/** A fence stands for about a second, so nobody should sleep much longer than that. */
const failure: FailurePolicy = { ...defaultFailurePolicy, lastWaitMs: 1_000 };

/** The consumer that feeds one generation. It stops with a transient failure while the generation is fenced or paused. */
export function generationConsumer(
  pool: Pool,
  projection: Projection,
  { generation, state }: Pick<Generation, 'generation' | 'state'>,
): ConsumerDeclaration {
  return {
    ...declaration(projection, generation, state === 'building' ? FILLING : FEEDING),
    transaction: (work) =>
      inTransaction(pool, async (tx) => {
        if (await feedable(tx, projection.name, generation)) return work(tx);
        throw new Unavailable(`generation ${generation} of ${projection.name}, which is held still,`);
      }),
  };
}

/** The consumer that brings a fenced generation to exactly these offsets. */
export function catchUpConsumer(
  pool: Pool,
  projection: Projection,
  { generation, end }: { readonly generation: number; readonly end: Offsets },
): ConsumerDeclaration {
  return {
    ...declaration(projection, generation, FEEDING),
    end: (topic, partition) => endIn(end, topic, partition),
    transaction: (work) => inTransaction(pool, work),
  };
}

function declaration(projection: Projection, generation: number, { maxMessages, cachedRows }: Size) {
  const { name, topics, category } = projection;
  return {
    group: generationGroup(name, generation),
    topics,
    handles: 'all' as const,
    ...(category === null ? {} : { categories: [category] }),
    guard: true,
    needsWholeLog: true,
    maxMessages,
    failure,
    handle: projectionHandler(projection, generation, { cachedRows }),
  };
}
