import { once } from 'node:events';
import type { ConsumerDeclaration } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { effectsMember, writeEffects, type EffectsPlace } from './effects-world';

/** Else the server would end the transaction of a frozen process, and there would be nothing to fence. */
const PATIENT = { idleInTransactionTimeoutMs: 0, transactionTimeoutMs: 0 } as const;

/** A member of a group in a process of its own, so that it can be frozen. Inside a batch it waits for its parent. */
function main([place = '']: readonly string[]): void {
  const where = JSON.parse(place) as EffectsPlace;
  const handle: ConsumerDeclaration<Sql>['handle'] = async (messages, tx) => {
    await writeEffects(where.group, messages, tx);
    const word = once(process, 'message');
    process.send?.('inside a batch');
    await word;
  };
  effectsMember(where, { maxMessages: 10, handle }, { database: PATIENT });
  process.once('disconnect', () => process.exit(0));
}

main(process.argv.slice(2));
