// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { JsonValue } from './json-value';

/** One topic. */
export type AdoptedLog = {
  /** Name of the topic. */
  readonly topic: string;
  /** How often the group has begun this topic anew. */
  readonly incarnation: number;
  /** The log it had processed, or how far the log ends below that; for a person. */
  readonly processed: string;
  /** The log that is there now, for a person. */
  readonly found: string;
};

/** A file that a run produced; its bytes are kept by the agent manager under their digest. */
export type Artifact = {
  /** Names the artifact. */
  readonly id: string;
  /** File name as the agent gave it. */
  readonly name: string;
  /** MIME type. */
  readonly mediaType: string;
  /** Size in bytes. */
  readonly bytes: number;
  /** Digest of the bytes, hex. */
  readonly sha256: string;
};

/** What became of a command. */
export type CommandOutcome = 'accepted' | 'unchanged' | 'refused';

/** Why something did not work. */
export type Failure = {
  /** Stable, UPPER_SNAKE. */
  readonly code: string;
  /** For a person; holds no secret. */
  readonly message: string;
};

/** How a service is. */
export type HealthStatus = 'up' | 'degraded' | 'down';

/** Whether the step is being done or undone. */
export type Phase = 'do' | 'undo';

/** A step as planned. */
export type PlannedStep = {
  /** Name of the step. */
  readonly name: string;
  /** Context it sends its command to; null for a local step or a wait. */
  readonly target: string | null;
  /** What undoes it; null when nothing does. */
  readonly compensation: string | null;
};

/** Where a requirement stands. */
export type RequirementStatus = 'open' | 'met' | 'dropped';

/** How failed attempts are repeated. */
export type RetryPolicy = {
  /** Attempts in all, 1 to 20. */
  readonly maxAttempts: number;
  /** Delay before the second attempt, in milliseconds. */
  readonly initialBackoffMs: number;
  /** The longest delay, in milliseconds. */
  readonly maxBackoffMs: number;
};

/** The tool calls of a work item, in order. */
export type ToolRecipe = {
  /** At least one step. */
  readonly steps: readonly ToolStep[];
};

/** One tool call. */
export type ToolStep = {
  /** Name of the tool, as in the tool catalogue. */
  readonly tool: string;
  /** The input, checked against the tool's JSON Schema. */
  readonly with: JsonValue;
};

/** Life cycle of a work item. */
export type WorkItemState = 'draft' | 'awaiting_approval' | 'scheduled' | 'running' | 'completed' | 'failed' | 'cancelled' | 'deleted';
