/** An answer of the API with what the demo looks at. */
export interface Answer<Body> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Headers;
}

/** The gateway as a client sees it: one base URL and an API key. */
export class ApiClient {
  constructor(
    private readonly baseUrl: string,
    private readonly apiKey: string,
    private readonly correlationId: string,
  ) {}

  get<Body>(path: string, consistencyToken?: string): Promise<Body> {
    const headers: Record<string, string> = consistencyToken ? { 'x-consistency-token': consistencyToken } : {};
    return this.call<Body>('GET', path, { headers }).then(({ body }) => body);
  }

  post<Body>(path: string, body: unknown = {}): Promise<Answer<Body>> {
    return this.call<Body>('POST', path, { body });
  }

  put<Body>(path: string, body: unknown): Promise<Answer<Body>> {
    return this.call<Body>('PUT', path, { body });
  }

  async graphql<Data>(query: string, variables: Record<string, unknown>): Promise<Data> {
    const { body } = await this.call<{ data: Data; errors?: unknown }>('POST', '/graphql', {
      body: { query, variables },
    });
    if (body.errors) throw new Error(`GraphQL answered ${JSON.stringify(body.errors)}`);
    return body.data;
  }

  /**
   * Asks again until the answer is the wanted one; fails when that takes longer than `timeoutMs`. What the read model
   * does not know yet is asked for again too.
   */
  async until<Body>(path: string, wanted: (body: Body) => boolean, timeoutMs: number): Promise<Body> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const { status, body } = await this.call<Body>('GET', path, { mayBeMissing: true });
      if (status !== 404 && wanted(body)) return body;
      if (Date.now() > deadline) throw new Error(`${path} took longer than ${timeoutMs} ms: ${JSON.stringify(body)}`);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  }

  private async call<Body>(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly headers?: Record<string, string>; readonly mayBeMissing?: boolean },
  ): Promise<Answer<Body>> {
    const response = await fetch(this.baseUrl + path, {
      method,
      headers: {
        'x-api-key': this.apiKey,
        'x-correlation-id': this.correlationId,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const expected = response.ok || (options.mayBeMissing && response.status === 404);
    if (!expected) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return { status: response.status, body: JSON.parse(text) as Body, headers: response.headers };
  }
}
