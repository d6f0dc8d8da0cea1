/** Lines of columns under their names, as wide as they need to be. Null is a dash. */
export function table(names: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = [names, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : String(cell))))];
  const widths = names.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ');
  return cells.map((row) => line(row).trimEnd()).join('\n');
}
