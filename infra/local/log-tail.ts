import { readFileSync } from 'node:fs';

const TAIL_LINES = 15;

/** The last lines of a log, for messages about a process that failed. */
export function tail(file: string, lines = TAIL_LINES): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(nothing)';
  }
}
