import type { FastifyInstance } from 'fastify';

/** Everything a page of ours needs is here. */
const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Serves a page, or a script of one, that loads nothing from anywhere else. */
export function registerText(server: FastifyInstance, url: string, type: `text/${string}`, text: string): void {
  const headers = { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': CONTENT_SECURITY_POLICY };
  server.get(url, (_request, reply) => reply.headers(headers).send(text));
}
