import { Refusal } from '@codex/event-sourcing';

/** A project id can be used once. */
export class ProjectAlreadyExists extends Refusal {
  readonly code = 'PROJECT_ALREADY_EXISTS';

  constructor(readonly projectId: string) {
    super(`project ${projectId} exists already`);
  }
}

/** An archived project stays as it is. */
export class ProjectIsArchived extends Refusal {
  readonly code = 'PROJECT_ARCHIVED';

  constructor(readonly projectId: string) {
    super(`project ${projectId} is archived`);
  }
}

/** A requirement id can be used once in its project. */
export class RequirementAlreadyExists extends Refusal {
  readonly code = 'REQUIREMENT_ALREADY_EXISTS';

  constructor(readonly requirementId: string) {
    super(`requirement ${requirementId} exists already`);
  }
}

/** A project has a bounded number of requirements, so that its stream can always be folded in memory. */
export class TooManyRequirements extends Refusal {
  readonly code = 'TOO_MANY_REQUIREMENTS';

  constructor(readonly maximum: number) {
    super(`a project has at most ${maximum} requirements`);
  }
}
