import { Pool } from 'undici';

/** A client with kept-alive connections to the gateway, for load. */
export class SystemClient {
  private readonly pool: Pool;

  constructor(
    gatewayUrl: string,
    private readonly apiKey: string,
    connections = 64,
  ) {
    this.pool = new Pool(gatewayUrl, { connections, pipelining: 1 });
  }

  async send<Body>(method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown): Promise<Body> {
    const response = await this.pool.request({
      method,
      path,
      headers: { 'x-api-key': this.apiKey, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`);
    return JSON.parse(text) as Body;
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
