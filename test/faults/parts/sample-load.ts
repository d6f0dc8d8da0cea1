import { randomUUID } from 'node:crypto';
import type { SeededRandom } from '../seed';
import { lasting } from './lasting';
import { send } from './sample-service';

/** What the client knows about one command in the end. */
export interface JournalEntry {
  readonly marker: string;
  readonly stream: string;
  readonly acknowledged: boolean;
  /** What was answered instead: a code, or how the connection ended. */
  readonly refusals: readonly string[];
}

export interface LoadOptions {
  readonly url: string;
  readonly streams: readonly string[];
  readonly random: (client: number) => SeededRandom;
  readonly clients?: number;
  /** Largest weight of a command. */
  readonly weight?: number;
  /** Apart by so much on average. */
  readonly pauseMs?: number;
  readonly answerWithinMs?: number;
}

const ATTEMPTS = 4;

/** Clients that send until they are stopped. About half of the unanswered commands are sent again under their key. */
export class SampleLoad {
  readonly journal: JournalEntry[] = [];
  private stopping = false;
  private readonly running: Promise<unknown>;

  constructor(private readonly options: LoadOptions) {
    this.running = Promise.all(Array.from({ length: options.clients ?? 3 }, (_, client) => this.run(client)));
  }

  get acknowledged(): number {
    return this.journal.filter(({ acknowledged }) => acknowledged).length;
  }

  /** Resolves when every command in flight has its entry. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  private async run(client: number): Promise<void> {
    const { options } = this;
    const random = options.random(client);
    while (!this.stopping) {
      const weight = options.weight === undefined ? undefined : random.integer(1, options.weight);
      this.journal.push(
        await this.command({ stream: random.pick(options.streams), marker: randomUUID(), weight }, random),
      );
      await lasting(random.next() * 2 * (options.pauseMs ?? 25));
    }
  }

  private async command(
    command: { readonly stream: string; readonly marker: string; readonly weight?: number },
    random: SeededRandom,
  ): Promise<JournalEntry> {
    const refusals: string[] = [];
    const { marker, stream } = command;
    for (let attempt = 1; ; attempt++) {
      const refusal = await this.attempt(command);
      if (refusal === null) return { marker, stream, acknowledged: true, refusals };
      refusals.push(refusal);
      if (attempt === ATTEMPTS || random.chance(0.5)) return { marker, stream, acknowledged: false, refusals };
      await lasting(100 * attempt);
    }
  }

  private async attempt(command: { readonly stream: string; readonly marker: string }): Promise<string | null> {
    try {
      const { status, code } = await send(this.options.url, command, this.options.answerWithinMs);
      return status === 200 ? null : `${status} ${code}`;
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  }
}
