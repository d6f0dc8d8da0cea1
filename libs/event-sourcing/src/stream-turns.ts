import type { StreamId } from './message';

const PATIENCE_MS = 1000;

/**
 * Lets the commands of this process take turns on a stream, instead of all but one deciding in vain. Only a courtesy: the
 * append alone decides, so whoever has waited for {@link PATIENCE_MS} goes ahead, and a stuck command holds nobody up.
 */
export class StreamTurns {
  private readonly last = new Map<StreamId, Promise<void>>();

  async run<T>(stream: StreamId, work: () => Promise<T>): Promise<T> {
    const previous = this.last.get(stream);
    const { promise: mine, resolve: done } = deferred();
    this.last.set(stream, mine);
    try {
      if (previous) await patiently(previous);
      return await work();
    } finally {
      done();
      if (this.last.get(stream) === mine) this.last.delete(stream);
    }
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

function patiently(turn: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    void turn.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
