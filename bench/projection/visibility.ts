import { Client } from 'pg';

const POLL_MS = 2;

/** Looks for the rows of sampled items and notes how long after their commit they were seen. */
export class Visibility {
  readonly latenciesMs: number[] = [];
  private readonly pending = new Map<string, number>();
  private looking: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly client: Client) {}

  static async connect(databaseUrl: string): Promise<Visibility> {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    return new Visibility(client);
  }

  /** Call when the append of the item was acknowledged. */
  committed(workItemId: string): void {
    this.pending.set(workItemId, performance.now());
  }

  start(): void {
    this.looking ??= this.look();
  }

  /** Resolves when everything sampled was seen. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.looking;
    await this.client.end();
  }

  private async look(): Promise<void> {
    while (!this.stopped || this.pending.size > 0) {
      if (this.pending.size > 0) await this.lookOnce();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  private async lookOnce(): Promise<void> {
    const { rows } = await this.client.query<{ id: string }>({
      name: 'seen',
      text: 'select id from work_item.work_items where id = any($1::uuid[])',
      values: [[...this.pending.keys()]],
    });
    const now = performance.now();
    for (const { id } of rows) {
      this.latenciesMs.push(now - this.pending.get(id)!);
      this.pending.delete(id);
    }
  }
}
