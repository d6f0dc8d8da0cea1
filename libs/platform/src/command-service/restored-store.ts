import type { MessageCodec } from '@codex/event-sourcing';
import type { HandledPosition } from '@codex/event-store-postgres';
import type { Sql } from '@codex/postgres';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { ConsumerHost } from '../consumers/consumer-host';
import { StartRefused } from '../service/lifecycle';
import type { CommandServiceOptions } from './command-service-options';

/** What a service needs to make a restored event table its own. */
export interface RestoredStore {
  readonly options: CommandServiceOptions;
  readonly pool: Pool;
  readonly codec: MessageCodec;
  readonly consumers: ConsumerHost;
  readonly logger: Logger;
}

/**
 * Finishes the restoration of the event table, if there was one: fills the tables that follow from events, and lets the
 * consumers of commands begin where every command before was answered. Throws {@link StartRefused} on half a
 * restoration, and when the service has tables that its events do not hold.
 */
export async function finishRestoredStore({ options, pool, codec, consumers, logger }: RestoredStore): Promise<void> {
  const { finishRestoration, restorationState } = await import('@codex/event-store-postgres');
  const state = await restorationState(pool);
  if (state === 'none') return;
  if (state === 'broken') throw new StartRefused('the restoration of the event table broke off: run it again');
  if (options.restorable === undefined) {
    throw new StartRefused(`${options.name} has tables that can not be filled from its events: restore a backup`);
  }
  logger.warn('the event table was restored from its topics: tables that follow from it are filled');
  const { upcasters = new Map(), inlineProjections = [], restorable } = options;
  await finishRestoration(pool, {
    decoder: { codec, upcasters },
    inlineProjections: [...inlineProjections, ...(restorable.projections ?? [])],
    handled: (tx, positions) => beginConsumers(tx, consumers, positions),
  });
  logger.warn('the restored event table is in use');
}

async function beginConsumers(tx: Sql, consumers: ConsumerHost, positions: readonly HandledPosition[]): Promise<void> {
  const { beginAt } = await import('@codex/kafka-messaging');
  for (const position of positions) {
    for (const group of consumers.groupsOn(position.topic)) await beginAt(tx, group, position);
  }
}
