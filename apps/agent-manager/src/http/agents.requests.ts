import { uuid } from '@codex/platform';
import { z } from 'zod';

const toolName = z
  .string()
  .regex(/^[a-z0-9]+([._-][a-z0-9]+)*$/i, 'must be the name of a tool')
  .max(100);
const labels = z
  .record(z.string().min(1).max(63), z.string().max(200))
  .refine((entries) => Object.keys(entries).length <= 50, 'at most 50 labels');

export const registerAgentBody = z.strictObject({
  name: z.string().trim().min(1).max(200),
  capabilities: z
    .array(toolName)
    .min(1)
    .max(200)
    .transform((tools) => [...new Set(tools)].sort()),
  labels: labels.default({}),
  slots: z.int().min(1).max(256),
  version: z.string().max(100).nullable().default(null),
});
export type RegisterAgentBody = z.output<typeof registerAgentBody>;

export const claimBody = z.strictObject({
  max: z.int().min(1).max(100),
  waitMs: z.int().min(0).max(30_000).default(0),
});
export type ClaimBody = z.output<typeof claimBody>;

const leaseToken = z.string().min(1).max(200);
const progress = z.strictObject({
  percent: z.number().min(0).max(100).nullable().default(null),
  message: z.string().max(1_000).nullable().default(null),
});

export const heartbeatBody = z.strictObject({
  runs: z.array(z.strictObject({ runId: uuid, leaseToken, progress: progress.nullable().default(null) })).max(256),
});
export type HeartbeatBody = z.output<typeof heartbeatBody>;

export const reasonBody = z.strictObject({ reason: z.string().max(1_000).nullable().default(null) });
export type ReasonBody = z.output<typeof reasonBody>;

const artifact = z.strictObject({
  name: z.string(),
  mediaType: z.string(),
  contentBase64: z.string(),
});

export const completeBody = z.strictObject({
  leaseToken,
  result: z.json().nullable().default(null),
  artifacts: z.array(artifact).max(50).default([]),
});
export type CompleteBody = z.output<typeof completeBody>;

export const failBody = z.strictObject({
  leaseToken,
  error: z.strictObject({
    code: z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, 'must be a code such as COMMAND_FAILED'),
    message: z.string().max(10_000),
  }),
  retryable: z.boolean().default(true),
});
export type FailBody = z.output<typeof failBody>;

export const runParams = z.object({ runId: uuid });
export const artifactParams = z.object({ workItemId: uuid, artifactId: uuid });
export const workItemParams = z.object({ workItemId: uuid });
