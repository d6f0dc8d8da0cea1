// Generated from schemas/avro by `npm run codegen`. Do not edit.
import type { DomainEvent } from '@codex/event-sourcing';
import type { JsonValue } from './json-value';
import type { Artifact, Failure, ToolRecipe } from './nested-types.gen';

/** The agent left for good. */
export type AgentDeregisteredData = {
  /** The agent. */
  readonly agentId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The agent left for good. */
export type AgentDeregistered = DomainEvent<'AgentDeregistered', AgentDeregisteredData>;

/** The agent gets no new runs. */
export type AgentDrainingData = {
  /** The agent. */
  readonly agentId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The agent gets no new runs. */
export type AgentDraining = DomainEvent<'AgentDraining', AgentDrainingData>;

/** The agent has not been heard of. */
export type AgentLostData = {
  /** The agent. */
  readonly agentId: string;
  /** When it last called. */
  readonly lastSeenAt: string;
};

/** The agent has not been heard of. */
export type AgentLost = DomainEvent<'AgentLost', AgentLostData>;

/** An agent registered, or came again with other properties; all of them as they are now. */
export type AgentRegisteredData = {
  /** The agent. */
  readonly agentId: string;
  /** Unique within the tenant. */
  readonly name: string;
  /** Tools it can run. */
  readonly capabilities: readonly string[];
  /** Free labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Runs it takes at once, 1 to 256. */
  readonly slots: number;
  /** Its software version. */
  readonly version: string | null;
};

/** An agent registered, or came again with other properties; all of them as they are now. */
export type AgentRegistered = DomainEvent<'AgentRegistered', AgentRegisteredData>;

/** The agent gets runs again. */
export type AgentResumedData = {
  /** The agent. */
  readonly agentId: string;
  /** Why. */
  readonly reason: string | null;
};

/** The agent gets runs again. */
export type AgentResumed = DomainEvent<'AgentResumed', AgentResumedData>;

/** The run was taken back. */
export type RunCancelledData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The agent that ran it, if any. */
  readonly agentId: string | null;
  /** Why. */
  readonly reason: string | null;
};

/** The run was taken back. */
export type RunCancelled = DomainEvent<'RunCancelled', RunCancelledData>;

/** The agent finished the run. */
export type RunCompletedData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Always completed. */
  readonly status: string;
  /** The agent. */
  readonly agentId: string;
  /** From the claim to the end, in milliseconds. */
  readonly durationMs: number;
  /** What the run returned. */
  readonly result: JsonValue | null;
  /** What the run produced. */
  readonly artifacts: readonly Artifact[];
};

/** The agent finished the run. */
export type RunCompleted = DomainEvent<'RunCompleted', RunCompletedData>;

/** The agent gave the run up. */
export type RunFailedData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The agent. */
  readonly agentId: string;
  /** From the claim to the end, in milliseconds. */
  readonly durationMs: number;
  /** Why. */
  readonly error: Failure;
  /** Whether another attempt makes sense. */
  readonly retryable: boolean;
};

/** The agent gave the run up. */
export type RunFailed = DomainEvent<'RunFailed', RunFailedData>;

/** The lease ran out. */
export type RunLostData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The agent. */
  readonly agentId: string;
  /** From the claim to the end, in milliseconds. */
  readonly durationMs: number;
  /** Why. */
  readonly reason: string;
};

/** The lease ran out. */
export type RunLost = DomainEvent<'RunLost', RunLostData>;

/** The agent reported progress; at most one a second a run. */
export type RunProgressedData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The agent. */
  readonly agentId: string;
  /** 0 to 100. */
  readonly percent: number | null;
  /** For a person. */
  readonly message: string | null;
};

/** The agent reported progress; at most one a second a run. */
export type RunProgressed = DomainEvent<'RunProgressed', RunProgressedData>;

/** The run waits for an agent. */
export type RunQueuedData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** Attempts in all. */
  readonly maxAttempts: number;
  /** 0 to 9, 9 first. */
  readonly priority: number;
  /** What an agent has to do. */
  readonly toolRecipe: ToolRecipe;
  /** The distinct tools an agent needs. */
  readonly tools: readonly string[];
  /** The longest one attempt may take, in milliseconds. */
  readonly timeoutMs: number | null;
};

/** The run waits for an agent. */
export type RunQueued = DomainEvent<'RunQueued', RunQueuedData>;

/** An agent claimed the run and holds its lease. */
export type RunStartedData = {
  /** The run. */
  readonly runId: string;
  /** The work item it is about. */
  readonly workItemId: string;
  /** The project it belongs to. */
  readonly projectId: string;
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  /** The agent. */
  readonly agentId: string;
  /** End of the first lease, by the database clock. */
  readonly leaseExpiresAt: string;
};

/** An agent claimed the run and holds its lease. */
export type RunStarted = DomainEvent<'RunStarted', RunStartedData>;

/** Every event of the context agent. */
export type AgentEvent =
  | AgentDeregistered
  | AgentDraining
  | AgentLost
  | AgentRegistered
  | AgentResumed
  | RunCancelled
  | RunCompleted
  | RunFailed
  | RunLost
  | RunProgressed
  | RunQueued
  | RunStarted;
