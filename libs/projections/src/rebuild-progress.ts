/** The rate is taken over so much of the past: it follows changes, and does not jump with every batch. */
const WINDOW_MS = 15_000;
const SHORTEST_MS = 500;

/** How fast a rebuild fills, from what it has done at each look. */
export class RebuildProgress {
  private readonly looks: { readonly atMs: number; readonly done: number }[] = [];

  constructor(private readonly clock: () => number = () => performance.now()) {}

  note(done: number): void {
    const atMs = this.clock();
    this.looks.push({ atMs, done });
    while (this.looks.length > 2 && this.looks[1]!.atMs <= atMs - WINDOW_MS) this.looks.shift();
  }

  /** Messages a second; null until it has been watched for half a second. */
  get ratePerSecond(): number | null {
    const [first, last] = [this.looks.at(0), this.looks.at(-1)];
    if (!first || !last || last.atMs - first.atMs < SHORTEST_MS) return null;
    return Math.max(0, ((last.done - first.done) * 1_000) / (last.atMs - first.atMs));
  }
}
