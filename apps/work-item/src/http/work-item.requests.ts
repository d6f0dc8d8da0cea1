import type { JsonValue } from '@codex/contracts';
import { uuid } from '@codex/platform';
import { z } from 'zod';

const MAX_STEP_INPUT_BYTES = 64 * 1024;
const MAX_LABELS = 32;
const DAY_MS = 86_400_000;

// What no store can hold (zero bytes, broken characters, bottomless nesting) is refused by the platform's JSON parser.
const title = z
  .string()
  .max(200)
  .refine((value) => value.trim() !== '', 'must not be blank');
const reason = z.string().max(2_000).nullable().default(null);
const priority = z.int().min(0).max(9);
const label = z
  .string()
  .max(63)
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$/, 'must be letters, digits and . _ / - between');

const input = z
  .unknown()
  .refine((value) => Buffer.byteLength(JSON.stringify(value) ?? '') <= MAX_STEP_INPUT_BYTES, 'must be at most 64 KiB')
  .optional()
  .transform((value) => (value === undefined ? {} : value) as JsonValue);

const step = z.strictObject({ tool: z.string().min(1).max(100), with: input });

const retry = z
  .strictObject({
    maxAttempts: z.int().min(1).max(20).default(3),
    initialBackoffMs: z.int().min(0).max(DAY_MS).default(4_000),
    maxBackoffMs: z.int().min(0).max(DAY_MS).default(10_000),
  })
  .refine((policy) => policy.initialBackoffMs <= policy.maxBackoffMs, {
    path: ['maxBackoffMs'],
    message: 'must not be below initialBackoffMs',
  });

const DEFAULT_RETRY = { maxAttempts: 3, initialBackoffMs: 4_000, maxBackoffMs: 10_000 };

export const projectParams = z.object({ projectId: uuid });
export const idParams = z.object({ id: uuid });

export const createWorkItemBody = z.strictObject({
  title,
  description: z.string().max(10_000).nullable().default(null),
  toolRecipe: z.strictObject({ steps: z.array(step).min(1).max(50) }),
  priority: priority.default(5),
  dependsOn: z
    .array(uuid)
    .max(100)
    .default([])
    .transform((ids) => [...new Set(ids)]),
  requiresApproval: z.boolean().default(false),
  notBefore: z.iso
    .datetime({ offset: true })
    .transform((at) => new Date(at).toISOString())
    .nullable()
    .default(null),
  labels: z
    .record(label, z.string().max(255))
    .refine((labels) => Object.keys(labels).length <= MAX_LABELS, `must be at most ${MAX_LABELS} labels`)
    .default({}),
  retry: retry.default(DEFAULT_RETRY),
  timeoutMs: z.int().min(1).max(DAY_MS).nullable().default(null),
});

export const emptyBody = z.strictObject({}).optional();
export const reasonBody = z.strictObject({ reason }).default({ reason: null });
export const priorityBody = z.strictObject({ priority });
export const skipBody = z.strictObject({
  reason: z
    .string()
    .max(2_000)
    .refine((value) => value.trim() !== '', 'must not be blank'),
});

export type ProjectParams = z.infer<typeof projectParams>;
export type IdParams = z.infer<typeof idParams>;
export type CreateWorkItemBody = z.infer<typeof createWorkItemBody>;
export type ReasonBody = z.infer<typeof reasonBody>;
export type PriorityBody = z.infer<typeof priorityBody>;
export type SkipBody = z.infer<typeof skipBody>;
