/** What a command was answered; null when nothing came back. */
export interface CommandAnswer {
  readonly status: number;
  // The rules look at the fields they are about.
  readonly body: Readonly<Record<string, unknown>>;
  readonly replayed: boolean;
}

/** One HTTP request that asked for a change. A call that was repeated under its key has several. */
export interface CommandAttempt {
  /** The same for all attempts of one call; sent as X-Correlation-ID, so it is stored with every event it caused. */
  readonly call: string;
  readonly method: string;
  readonly path: string;
  /** The Idempotency-Key, or null: then the call is made once. */
  readonly key: string | null;
  readonly answer: CommandAnswer | null;
  /** A lie about a lease: accepting it would be wrong. */
  readonly mustFail?: boolean;
}

/** A run that an agent was given. */
export interface ClaimedRun {
  readonly agentId: string;
  readonly runId: string;
  readonly workItemId: string;
  readonly attempt: number;
  readonly leaseToken: string;
}

/** What clients know: each of their requests, and what they were told. */
export interface Journal {
  readonly commands: readonly CommandAttempt[];
  readonly claims: readonly ClaimedRun[];
}

/** A journal that is being written. */
export class JournalWriter implements Journal {
  readonly commands: CommandAttempt[] = [];
  readonly claims: ClaimedRun[] = [];
}

/** True when the client may rely on the change. */
export function isAcknowledged({ answer }: CommandAttempt): boolean {
  return answer !== null && answer.status >= 200 && answer.status < 300;
}

/** True when the client was told that nothing was changed. */
export function isRefused({ answer }: CommandAttempt): boolean {
  return answer !== null && answer.status >= 400 && answer.status < 500;
}
