import { StandardSchemaValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { Problem, validationFailed, type InputMistake } from '../problems/problem';

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
  readonly code?: unknown;
  readonly keys?: unknown;
}

/**
 * Validates what has a schema (`@Body({ schema })`, `@Query({ schema })`, `@Param({ schema })`) and hands on the parsed
 * value. A missing body counts as `{}`, so that commands whose fields are all optional need none.
 */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: problemOf });
  }

  override transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const input = metadata.type === 'body' && value === undefined ? ({} as T) : value;
    return super.transform(input, metadata);
  }
}

function problemOf(issues: readonly SchemaIssue[]): Problem {
  return validationFailed(...issues.flatMap(mistakesOf));
}

function mistakesOf(issue: SchemaIssue): InputMistake[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  if (issue.code !== 'unrecognized_keys' || !Array.isArray(issue.keys))
    return [{ path: path.join('.'), message: issue.message }];
  return issue.keys.map((key) => ({
    path: [...path, String(key).slice(0, 100)].join('.'),
    message: 'is not known here',
  }));
}
