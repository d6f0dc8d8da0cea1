import { CodedError } from '@codex/event-sourcing';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';

/** Errors as clients see them: the contract's code in `extensions`, and nothing of the inside. */
export function graphqlErrors(errors: readonly unknown[]): GraphQLFormattedError[] {
  return errors.map((error) => {
    const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
    const { locations, path } = error instanceof GraphQLError ? error.toJSON() : {};
    return { message: messageOf(original), locations, path, extensions: { code: codeOf(original) } };
  });
}

function codeOf(error: unknown): string {
  if (error instanceof CodedError) return error.code;
  return isClientMistake(error) ? 'VALIDATION_FAILED' : 'INTERNAL_ERROR';
}

function messageOf(error: unknown): string {
  const known = error instanceof CodedError || isClientMistake(error);
  return known && error instanceof Error ? error.message : 'Something went wrong inside';
}

// graphql-js reports parse, validation and variable mistakes as errors of its own, without an original one; mercurius
// has codes for what it refuses itself, such as the depth limit.
function isClientMistake(error: unknown): boolean {
  if (error instanceof GraphQLError) return error.originalError === undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('MER_ERR_GQL');
}
