import { uuid } from '@codex/platform';
import { z } from 'zod';
import { DEFAULT_LIMITS } from '../domain/project-quota.state';
import { isRepositoryUrl } from './repository-url';

/** Longest texts, in UTF-16 code units. Together they keep every event far below the largest one that can be published. */
const MAX_DESCRIPTION = 10_000;
const MAX_STATEMENT = 50_000;
const MAX_BODY = 20_000;
const MAX_REASON = 2_000;
const MAX_LIMIT = 2_147_483_647;

const line = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => text.trim() !== '', 'must not be blank');
const priority = z.int().min(0).max(9);
const limit = z.int().min(0).max(MAX_LIMIT).nullable();
const repositoryUrl = z
  .string()
  .max(2_048)
  .refine(isRepositoryUrl, 'must be an https, ssh (also git@host:path) or file URL without credentials');
const description = z.string().max(MAX_DESCRIPTION);
const body = z.string().max(MAX_BODY);

export const projectParams = z.object({ id: uuid });
export const requirementParams = z.object({ id: uuid, rid: uuid });

export const createProjectBody = z.strictObject({
  name: line,
  description: description.nullable().default(null),
  repositoryUrl: repositoryUrl.nullable().default(null),
});

export const changeProjectBody = z.strictObject({
  name: line.optional(),
  description: description.nullable().optional(),
  repositoryUrl: repositoryUrl.nullable().optional(),
});

export const reasonBody = z.strictObject({ reason: z.string().max(MAX_REASON).nullable().default(null) });

export const visionBody = z.strictObject({
  statement: z
    .string()
    .min(1)
    .max(MAX_STATEMENT)
    .refine((text) => text.trim() !== '', 'must not be blank'),
});

export const addRequirementBody = z.strictObject({
  title: line,
  body: body.nullable().default(null),
  priority: priority.default(5),
});

export const changeRequirementBody = z.strictObject({
  title: line.optional(),
  body: body.nullable().optional(),
  priority: priority.optional(),
  status: z.enum(['open', 'met', 'dropped']).optional(),
});

/** A PUT: a limit that is not named is the default one. */
export const quotaBody = z.strictObject({
  maxOpenWorkItems: limit.default(DEFAULT_LIMITS.maxOpenWorkItems),
  maxConcurrentRuns: limit.default(DEFAULT_LIMITS.maxConcurrentRuns),
  maxRunMinutesPerDay: limit.default(DEFAULT_LIMITS.maxRunMinutesPerDay),
});

export type ProjectParams = z.infer<typeof projectParams>;
export type RequirementParams = z.infer<typeof requirementParams>;
export type CreateProjectBody = z.infer<typeof createProjectBody>;
export type ChangeProjectBody = z.infer<typeof changeProjectBody>;
export type ReasonBody = z.infer<typeof reasonBody>;
export type VisionBody = z.infer<typeof visionBody>;
export type AddRequirementBody = z.infer<typeof addRequirementBody>;
export type ChangeRequirementBody = z.infer<typeof changeRequirementBody>;
export type QuotaBody = z.infer<typeof quotaBody>;
