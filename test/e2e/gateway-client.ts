import { eventually } from '@codex/testing';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Answers are checked by the specs, field by field.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly rawBody?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The gateway as a client of one API key sees it; never throws for an answer, whatever its status. */
export class GatewayClient {
  constructor(
    private readonly baseUrl: () => string,
    private readonly apiKey: string | undefined,
  ) {}

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await fetch(this.baseUrl() + path, {
      method,
      body,
      headers: {
        ...(this.apiKey === undefined ? {} : { 'x-api-key': this.apiKey }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.call('GET', path, { headers });
  }

  post(path: string, body: unknown = {}, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.call('POST', path, { body, headers });
  }

  put(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    return this.call('PUT', path, { body, headers });
  }

  /** Asks until the answer is as wanted. */
  async until(path: string, wanted: (answer: Answer) => boolean, timeoutMs = 20_000): Promise<Answer> {
    let last: Answer | undefined;
    await eventually(
      async () => {
        last = await this.get(path);
        if (!wanted(last)) throw new Error(`${path} answers ${last.status} ${JSON.stringify(last.body).slice(0, 600)}`);
      },
      { timeoutMs, description: `GET ${path}` },
    );
    return last!;
  }
}
