import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** When a connection breaks: before the server hears the request, when it has heard it, or when it has answered. */
export type CutAt = 'request' | 'heard' | 'answer';

/** A proxy in front of a server that breaks one connection at a chosen moment. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private cut: { readonly text: string; readonly at: CutAt; readonly done: () => void } | null = null;

  constructor(private readonly target: URL) {
    this.server = createServer((client) => this.join(client));
  }

  /** The target's URL through this proxy. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.target);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.href;
  }

  /** Breaks the connection of the next request that contains `text`; resolves when it did. */
  cutNext(text: string, at: CutAt): Promise<void> {
    return new Promise((done) => (this.cut = { text, at, done }));
  }

  /** Breaks all connections and refuses new ones. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    let doomed: (() => void) | null = null;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket);
        if (socket === client || !doomed) end();
      });
    }
    client.on('data', (chunk) => {
      const cut = this.cut;
      if (!cut || !chunk.includes(cut.text)) return upstream.write(chunk);
      this.cut = null;
      doomed = cut.done;
      if (cut.at !== 'request') upstream.write(chunk);
      if (cut.at === 'answer') return undefined;
      cut.done();
      // The server must not notice: it goes on with what it heard.
      return cut.at === 'heard' ? client.resetAndDestroy() : end();
    });
    upstream.on('data', (chunk) => {
      if (!doomed) return client.write(chunk);
      doomed();
      return end();
    });
  }
}
