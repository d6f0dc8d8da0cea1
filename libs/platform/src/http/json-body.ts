import type { FastifyInstance, FastifyRequest } from 'fastify';
import { validationFailed } from '../problems/problem';

const MAX_DEPTH = 64;
/** Escapes of U+0000 and of surrogates: Postgres can't store the first, and lone ones of the second. */
const SUSPICIOUS_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;

/**
 * Parses `application/json`: an empty body is no body, prototype poisoning and syntax errors are refused, and so is what
 * no store behind can hold (deep nesting, U+0000, broken surrogates).
 */
export function registerJsonParser(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request: FastifyRequest, text, done) => {
    const body = text as string;
    if (body === '') return done(null, undefined);
    if (isTooDeep(body))
      return done(validationFailed({ path: '', message: `is nested deeper than ${MAX_DEPTH} levels` }));
    return parse(request, body, (error, value) => {
      if (error) return done(error);
      if (SUSPICIOUS_ESCAPE.test(body) && holdsBadText(value)) {
        return done(validationFailed({ path: '', message: 'holds characters that are not valid text' }));
      }
      return done(null, value);
    });
  });
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const char = text.charCodeAt(index);
    if (inString) {
      if (char === 0x5c) index++;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (char === 0x7d || char === 0x5d) depth--;
  }
  return false;
}

function holdsBadText(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !isWellFormed(value);
  if (Array.isArray(value)) return value.some(holdsBadText);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, entry]) => holdsBadText(key) || holdsBadText(entry));
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
