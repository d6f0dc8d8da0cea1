import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom, type SeededRandom } from '../seed';
import { changeSomething, type ClientMemory } from './actions';
import type { JournalledClient } from './journalled-client';

export interface LoadOptions {
  readonly client: JournalledClient;
  /** Names the sequence of draws. */
  readonly label: string;
  readonly workers?: number;
  /** Each worker rests between two calls for up to so long. */
  readonly restMs?: number;
}

/** Clients that go on asking for changes of every kind, one after the other each, until they are stopped. */
export class Load {
  private readonly stopping = new AbortController();
  private readonly workers: readonly Promise<void>[];

  constructor(private readonly options: LoadOptions) {
    const count = options.workers ?? 5;
    this.workers = Array.from({ length: count }, (_, index) => this.work(`${options.label}/${index}`));
  }

  /** Resolves when every call has its answer, or none. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.workers);
  }

  private async work(label: string): Promise<void> {
    const random = seededRandom(label);
    const memory: ClientMemory = { projects: [], items: [], requirements: [] };
    while (!this.stopping.signal.aborted) {
      await changeSomething(this.options.client, memory, random);
      await rest(random, this.options.restMs ?? 120);
    }
  }
}

function rest(random: SeededRandom, longestMs: number): Promise<void> {
  return delay(random.integer(0, longestMs));
}
