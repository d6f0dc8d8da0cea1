import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@codex/platform';
import type { ApiKeys } from './api-keys';
import type { BearerTokens } from './bearer-tokens';
import type { Credential } from './credential';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** What may carry credentials: a request, or the beginning of a connection. */
export interface Presented {
  readonly headers: IncomingHttpHeaders;
}

/** Finds out who calls: `X-API-Key`, or a bearer token. Anything else is 401. Synchronous whenever it can be. */
export class Authenticator {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly bearerTokens: BearerTokens | null,
  ) {}

  credentialOf(request: Presented): Credential | Promise<Credential> {
    const { 'x-api-key': apiKey, authorization } = request.headers;
    if (typeof apiKey === 'string') {
      const credential = this.apiKeys.find(apiKey);
      if (credential === null) throw new Problem('UNAUTHENTICATED');
      return credential;
    }
    const token = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
    if (token === undefined || this.bearerTokens === null) throw new Problem('UNAUTHENTICATED');
    return this.bearerTokens.recall(token) ?? this.bearerTokens.verify(token);
  }

  /** True when the request carries anything that claims to be a credential. */
  hasCredential(request: Presented): boolean {
    return request.headers['x-api-key'] !== undefined || request.headers.authorization !== undefined;
  }
}
