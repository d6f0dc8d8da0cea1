const BOLD = '\u001b[1m';
const DIM = '\u001b[2m';
const GREEN = '\u001b[32m';
const RESET = '\u001b[0m';

/** Prints the demo: chapters that say how long they took, and lines below them. Colours only on a terminal. */
export class Narrator {
  private readonly coloured = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  private readonly timings: { title: string; ms: number }[] = [];

  async chapter<T>(title: string, tell: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    this.print(`\n${this.paint(BOLD, title)}`);
    const result = await tell();
    const ms = performance.now() - startedAt;
    this.timings.push({ title, ms });
    this.print(this.paint(DIM, `  ${seconds(ms)}`));
    return result;
  }

  line(text: string): void {
    this.print(`  ${text}`);
  }

  good(text: string): void {
    this.print(`  ${this.paint(GREEN, '✓')} ${text}`);
  }

  /** Rows in columns, each as wide as its widest cell. */
  table(rows: readonly (readonly (string | number)[])[]): void {
    const widths: number[] = [];
    for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, String(cell).length)));
    for (const row of rows)
      this.line(
        row
          .map((cell, i) => String(cell).padEnd(widths[i]!))
          .join('  ')
          .trimEnd(),
      );
  }

  /** How long every chapter took. */
  summary(): void {
    this.print(`\n${this.paint(BOLD, 'How long each part took')}`);
    this.table(this.timings.map(({ title, ms }) => [title, seconds(ms)]));
  }

  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  private paint(colour: string, text: string): string {
    return this.coloured ? `${colour}${text}${RESET}` : text;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
