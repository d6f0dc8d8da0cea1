import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What a proxy does to the bytes between a client and its server.
 * `clear`: nothing. `latency`: every chunk is late. `slow`: one byte a second each way, and what is open stays so.
 * `half-open`: whatever is open is dead for ever without either side being told, and new connections are mute.
 */
export type Weather = 'clear' | 'latency' | 'slow' | 'half-open';

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  readonly latencyMs?: number;
}

const SLOW_MS = 1_000;

/** A TCP proxy of our own in front of a real server. */
export class TcpProxy implements AsyncDisposable {
  /** Connections that were reset after their server had acted. */
  resets = 0;
  private weather: Weather = 'clear';
  private readonly links = new Set<Link>();
  private readonly server: Server;

  constructor(private readonly options: ProxyOptions) {
    this.server = createServer((client) => this.join(client));
  }

  /** The port to connect to; the target may be told later where it is. */
  async listen(port = 0): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.links.size;
  }

  change(weather: Weather): void {
    this.weather = weather;
    for (const link of this.links) link.meet(weather);
  }

  /** The next answer of each open connection that is waiting for one never arrives: its client gets a reset instead. */
  swallowAnswers(): void {
    for (const link of this.links) link.swallowAnswer(() => this.resets++);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const link of this.links) link.end();
    await closed;
  }

  private join(client: Socket): void {
    const server = connect(this.options.target.port, this.options.target.host);
    const link = new Link(client, server, this.options.latencyMs ?? 60, () => this.links.delete(link));
    this.links.add(link);
    link.meet(this.weather);
  }
}

/** One connection through the proxy. */
class Link {
  private weather: Weather = 'clear';
  private isDead = false;
  private isWaiting = false;
  private swallowed: (() => void) | null = null;
  private readonly up: Lane;
  private readonly down: Lane;

  constructor(
    private readonly client: Socket,
    private readonly server: Socket,
    latencyMs: number,
    private readonly closed: () => void,
  ) {
    this.up = new Lane(server, latencyMs);
    this.down = new Lane(client, latencyMs);
    client.setNoDelay(true).on('data', (chunk) => this.asked(chunk));
    server.setNoDelay(true).on('data', (chunk) => this.answered(chunk));
    for (const socket of [client, server]) {
      // Whoever is cut off by a dead link is not told that the other side went away.
      socket.on('error', () => undefined).on('close', () => (this.isDead ? undefined : this.end()));
    }
  }

  /** A connection that went dead stays dead, whatever the weather is later. */
  meet(weather: Weather): void {
    if (weather === 'half-open') this.isDead = true;
    this.weather = weather;
    this.up.meet(weather);
    this.down.meet(weather);
  }

  swallowAnswer(done: () => void): void {
    if (this.isWaiting && !this.isDead) this.swallowed = done;
  }

  end(): void {
    this.up.end();
    this.down.end();
    this.client.destroy();
    this.server.destroy();
    this.closed();
  }

  private asked(chunk: Buffer): void {
    this.isWaiting = true;
    if (!this.isDead) this.up.send(chunk);
  }

  private answered(chunk: Buffer): void {
    this.isWaiting = false;
    if (this.isDead) return;
    if (this.swallowed === null || this.weather !== 'clear') return this.down.send(chunk);
    this.swallowed();
    this.isDead = true;
    this.client.resetAndDestroy();
    this.server.destroy();
    this.closed();
  }
}

/** One direction of a connection: keeps the order of bytes whatever the weather. */
class Lane {
  private weather: Weather = 'clear';
  private waiting: Buffer[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly late = new Set<NodeJS.Timeout>();

  constructor(
    private readonly to: Socket,
    private readonly latencyMs: number,
  ) {}

  meet(weather: Weather): void {
    this.weather = weather;
    if (weather === 'slow' || this.waiting.length === 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    const rest = this.waiting.splice(0);
    if (weather !== 'half-open') for (const chunk of rest) this.send(chunk);
  }

  send(chunk: Buffer): void {
    if (this.weather === 'slow') {
      this.waiting.push(chunk);
      this.timer ??= setInterval(() => this.sendByte(), SLOW_MS);
    } else if (this.weather === 'latency' || this.late.size > 0) {
      const timer = setTimeout(() => {
        this.late.delete(timer);
        this.write(chunk);
      }, this.latencyMs);
      this.late.add(timer);
    } else {
      this.write(chunk);
    }
  }

  end(): void {
    clearInterval(this.timer);
    for (const timer of this.late) clearTimeout(timer);
    this.late.clear();
    this.waiting = [];
  }

  private sendByte(): void {
    const chunk = this.waiting.shift();
    if (chunk === undefined) return;
    this.write(chunk.subarray(0, 1));
    if (chunk.length > 1) this.waiting.unshift(chunk.subarray(1));
  }

  private write(chunk: Buffer): void {
    if (!this.to.destroyed) this.to.write(chunk);
  }
}
