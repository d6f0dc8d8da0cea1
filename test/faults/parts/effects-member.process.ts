import type { ConsumerDeclaration } from '@codex/kafka-messaging';
import type { Sql } from '@codex/postgres';
import { effectsMember, writeEffects, type EffectsPlace } from './effects-world';

/** Else the server would end the transaction of a frozen process, and there would be nothing to fence. */
const PATIENT = { idleInTransactionTimeoutMs: 0, transactionTimeoutMs: 0 } as const;

/** A member of a group in a process of its own, so that it can be frozen. Tells its parent whenever it is inside a batch. */
function main([place = '']: readonly string[]): void {
  const where = JSON.parse(place) as EffectsPlace;
  const handle: ConsumerDeclaration<Sql>['handle'] = async (messages, tx) => {
    await writeEffects(where.group, messages, tx);
    process.send?.('inside a batch');
    // Long enough for the parent to hear of it and to freeze this process right here.
    await tx.query('select pg_sleep(0.2)');
  };
  effectsMember(where, { maxMessages: 10, handle }, { database: PATIENT });
  process.once('disconnect', () => process.exit(0));
}

main(process.argv.slice(2));
