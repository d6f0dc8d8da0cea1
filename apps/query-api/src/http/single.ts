import { Problem } from '@codex/platform';
import type { FastifyReply } from 'fastify';

/** Answers one resource with its version as `ETag`, or 404. */
export function sendOne<View extends { readonly version: number }>(reply: FastifyReply, view: View | undefined): View {
  if (view === undefined) throw new Problem('NOT_FOUND');
  reply.header('etag', `"${view.version}"`);
  return view;
}

/** The thing, or 404. */
export function found<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) throw new Problem('NOT_FOUND');
  return thing;
}
