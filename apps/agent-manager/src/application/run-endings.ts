import { IdempotencyKeyReused, type AppendRequest, type CommandResult, type Receipt } from '@codex/event-sourcing';
import { TurnQueue, type PostgresEventStore, type StoreTransaction } from '@codex/event-store-postgres';
import { saveArtifacts } from '../persistence/artifact-store';
import { endRuns } from '../persistence/lease-store';
import { retryConflicts } from './conflict-retry';
import { hashLeaseToken } from './lease-token';
import { refusalReply } from './refusal-reply';
import { commandType, decideEnding, endingOfPast, RecordedRefusal, type EndRun } from './run-ending';
import { runStream } from './run-message';

interface Waiting {
  readonly command: EndRun;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (reason: unknown) => void;
}

/** A receipt, or why this one ending was not accepted. */
type Verdict = { readonly receipt: Receipt } | { readonly error: unknown };

const MAX_BATCH = 64;
const MAX_BATCH_BYTES = 8 * 1024 * 1024;

/**
 * Completes and fails runs: token, lease end, event and artifacts are one transaction. Endings that arrive together share
 * it; one that is refused takes nobody with it. Repeats change nothing.
 */
export class RunEndings {
  private readonly queue = new TurnQueue<Waiting>({
    maxBatch: MAX_BATCH,
    maxInFlight: 2,
    maxWeight: MAX_BATCH_BYTES,
    weightOf: ({ command }) => bytesOf(command),
    claimsOf: ({ command }) => [command.runId],
    execute: (batch) => this.endTogether(batch),
  });

  constructor(
    private readonly store: PostgresEventStore,
    private readonly told: {
      /** Slots are free now. */
      freed(): void;
      /** The agent called. */
      alive(agentId: string): void;
    },
  ) {}

  /** Throws `LeaseLost`, which is recorded, unless the token holds the run's lease or has ended the run this way. */
  async end(command: EndRun): Promise<CommandResult> {
    try {
      const result = (await this.known(command)) ?? (await this.endSoon(command));
      if (!result.replayed) this.told.freed();
      return result;
    } catch (error) {
      if (error instanceof RecordedRefusal) await this.record(error, command);
      throw error instanceof RecordedRefusal ? error.refusal : error;
    }
  }

  private async endSoon(command: EndRun): Promise<CommandResult> {
    try {
      const response = await new Promise<Receipt>((resolve, reject) => this.queue.push({ command, resolve, reject }));
      return { response, replayed: false };
    } catch (error) {
      if (error instanceof BatchFailed) return this.endAlone(command);
      throw error;
    }
  }

  private endAlone(command: EndRun): Promise<CommandResult> {
    return retryConflicts(async () => {
      const known = await this.known(command);
      if (known !== undefined) return known;
      const [verdict] = await this.store.transaction((tx) => this.endIn(tx, [command]));
      if ('error' in verdict!) throw verdict.error;
      return { response: verdict!.receipt, replayed: false };
    });
  }

  // What fails is the transaction, and nobody knows whose fault it is: each is tried by itself then.
  private async endTogether(batch: readonly Waiting[]): Promise<void> {
    try {
      const verdicts = await this.store.transaction((tx) =>
        this.endIn(
          tx,
          batch.map(({ command }) => command),
        ),
      );
      for (const [i, verdict] of verdicts.entries()) {
        if ('error' in verdict) batch[i]!.reject(verdict.error);
        else batch[i]!.resolve(verdict.receipt);
      }
    } catch (error) {
      for (const { reject } of batch) reject(new BatchFailed('the transaction of a batch failed', { cause: error }));
    }
  }

  private async endIn(tx: StoreTransaction, commands: readonly EndRun[]): Promise<readonly Verdict[]> {
    const runs = await endRuns(tx, commands.map(leaseOf));
    const requests: AppendRequest[] = [];
    const verdicts: Verdict[] = [];
    for (const [i, command] of commands.entries()) {
      const run = runs[i] ?? null;
      if (run === null) {
        verdicts.push({ error: endingOfPast(await tx.read(runStream(command.runId)), command) });
        continue;
      }
      if (run.agentId !== null && run.proof !== 'none') this.told.alive(run.agentId);
      const version = run.version ?? (await tx.read(runStream(run.runId))).at(-1)?.version ?? 0;
      try {
        const { receipt, request, artifacts } = decideEnding(run, version, command);
        await saveArtifacts(tx, run, artifacts);
        if (request !== null) requests.push(request);
        verdicts.push({ receipt });
      } catch (error) {
        if (!(error instanceof RecordedRefusal)) throw error;
        verdicts.push({ error });
      }
    }
    if (requests.length > 0) await tx.append(requests);
    return verdicts;
  }

  private async known({ metadata, idempotency }: EndRun): Promise<CommandResult | undefined> {
    if (idempotency === undefined) return undefined;
    const [record] = await this.store.findCommands([{ tenantId: metadata.tenantId, key: idempotency.key }]);
    if (record === undefined) return undefined;
    if (record.fingerprint !== idempotency.fingerprint) throw new IdempotencyKeyReused(idempotency.key);
    return { response: record.response as Receipt, replayed: true };
  }

  private async record({ refusal, run }: RecordedRefusal, command: EndRun): Promise<void> {
    const reply = refusalReply(refusal, runStream(command.runId), {
      type: commandType(command.ending),
      metadata: command.metadata,
      about: run,
    });
    await this.store.append({ commandId: command.metadata.commandId, streams: [], messages: [reply] });
  }
}

class BatchFailed extends Error {}

function leaseOf({ runId, leaseToken, metadata, ending }: EndRun) {
  const status = ending.kind === 'complete' ? ('completed' as const) : ('failed' as const);
  return { runId, tenantId: metadata.tenantId, tokenHash: hashLeaseToken(leaseToken), status };
}

function bytesOf({ ending }: EndRun): number {
  return ending.kind === 'complete' ? ending.artifacts.reduce((sum, { content }) => sum + content.length, 0) : 0;
}
