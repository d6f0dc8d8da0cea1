import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { tenantId } from './gateway-under-test';

const ISSUER = 'https://issuer.test/';
const AUDIENCE = 'codex';
type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** Signs bearer tokens for members and publishes its key. */
export class TokenIssuer implements AsyncDisposable {
  private constructor(
    private readonly server: Server,
    private readonly privateKey: PrivateKey,
  ) {}

  static async start(): Promise<TokenIssuer> {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: 'k' }] });
    const server = createServer((_request, response) => response.setHeader('connection', 'close').end(keys));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TokenIssuer(server, privateKey);
  }

  /** What a gateway that trusts this issuer is configured with. */
  get environment(): Record<string, string> {
    const { port } = this.server.address() as AddressInfo;
    return { JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE, JWKS_URL: `http://127.0.0.1:${port}/` };
  }

  async headersFor(seconds: number): Promise<{ readonly authorization: string }> {
    const token = await new SignJWT({ sub: 'user-1', tenant: tenantId, roles: ['member'] })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .sign(this.privateKey);
    return { authorization: `Bearer ${token}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}
