import type { DomainCommand, RunOptions } from '@codex/event-sourcing';
import { commandMetadata, runOptions } from '@codex/platform';
import type { FastifyRequest } from 'fastify';

/** The command a request asks for, with what its headers add. */
export function commandOf<Type extends string, Data extends object>(
  request: FastifyRequest,
  type: Type,
  data: Data,
): readonly [command: DomainCommand<Type, Data>, options: RunOptions] {
  return [{ type, data, metadata: commandMetadata(request) }, runOptions(request)];
}
