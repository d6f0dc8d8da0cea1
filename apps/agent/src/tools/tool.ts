import type { JsonValue } from '@codex/contracts';

/** How far a run is; shown to people, at most once a second. */
export interface Progress {
  readonly percent: number | null;
  readonly message: string | null;
}

/** A file that a tool leaves behind. */
export interface ToolArtifact {
  readonly name: string;
  readonly mediaType: string;
  readonly content: Buffer;
}

export interface ToolOutcome {
  readonly result: JsonValue;
  readonly artifacts: readonly ToolArtifact[];
}

/** What a tool may use. */
export interface ToolContext {
  /** Aborted when the run must stop at once: cancelled, lost, out of time, or the agent stops. */
  readonly signal: AbortSignal;
  /** An empty folder of this call alone, made when it is first asked for; it is removed afterwards. */
  folder(): Promise<string>;
  report(progress: Progress): void;
}

/**
 * One kind of work. Throws {@link ToolFailure} for every failure it understands; when the signal is aborted it stops all
 * it started, child processes included, before its promise settles.
 */
export interface Tool {
  readonly name: string;
  run(input: unknown, context: ToolContext): Promise<ToolOutcome>;
}

/** A failure with a decided consequence: whether another attempt makes sense. The message holds no secret. */
export class ToolFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
  ) {
    super(message);
  }
}
