import { eventually } from './eventually';

/** One block of an event stream. */
export interface SseBlock {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: any;
}

/** Reads an event stream as a browser would, and remembers the last id. */
export class SseClient {
  readonly blocks: SseBlock[] = [];
  lastId: string | null = null;
  comments = 0;
  isOver = false;
  private rest = '';

  private constructor(
    readonly response: Response,
    private readonly controller: AbortController,
  ) {}

  /** Resolves when the headers have come; a refusal has a {@link problem}. */
  static async open(url: string, headers: Record<string, string>): Promise<SseClient> {
    const controller = new AbortController();
    const client = new SseClient(await fetch(url, { headers, signal: controller.signal }), controller);
    if (client.response.status === 200) void client.read();
    return client;
  }

  get status(): number {
    return this.response.status;
  }

  problem(): Promise<any> {
    return this.response.json();
  }

  /** The events so far, as `stream@version`. */
  get names(): string[] {
    return this.events.map(({ data }) => `${data.stream}@${data.version}`);
  }

  get events(): SseBlock[] {
    return this.blocks.filter(({ event, data }) => event === null && data !== null);
  }

  /** What the service said when it ended the stream. */
  get farewell(): any {
    return this.blocks.find(({ event }) => event === 'close')?.data;
  }

  /** Waits for so many events. */
  async until(count: number): Promise<string[]> {
    await eventually(() => expect(this.names.length).toBeGreaterThanOrEqual(count), { timeoutMs: 30_000 });
    return this.names;
  }

  close(): void {
    this.controller.abort();
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body!) this.take(decoder.decode(chunk, { stream: true }));
    } catch {
      // The client left, or the connection broke: both end the stream.
    }
    this.isOver = true;
  }

  private take(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) this.takeBlock(block.split('\n'));
  }

  private takeBlock(lines: readonly string[]): void {
    const field = (name: string): string | null =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
    this.comments += lines.filter((line) => line.startsWith(':')).length;
    this.lastId = field('id') ?? this.lastId;
    const data = field('data');
    this.blocks.push({ id: field('id'), event: field('event'), data: data === null ? null : JSON.parse(data) });
  }
}
