import { CodedError } from '@codex/event-sourcing';

/** Why a message could not be processed, in the words operators search by. */
export interface FailureReport {
  readonly code: string;
  readonly reason: string;
  /** Failures with the same cause share it; see {@link failureGroupOf}. */
  readonly failureGroup: string;
}

const REASON_CHARACTERS = 2_000;
const GROUP_CHARACTERS = 200;
const FRAME = /^\s+at (?:async )?(?:(.+?) (?:\[as [^\]]+\] )?\((.+)\)|(.+))$/;
/** The file from its unit on, without the folder the project lies in, its extension, line and column. */
const OWN_FILE = /(?:^|.*[/\\])((?:apps|libs)[/\\][^:]+?)\.[cm]?[jt]s(?::\d+){0,2}$/;

export function failureReport(failure: unknown): FailureReport {
  const error = failure instanceof Error ? failure : new Error(String(failure));
  const code = error instanceof CodedError ? error.code : 'UNEXPECTED_ERROR';
  const reason = `${error.name}: ${error.message}`.replaceAll('\0', '').slice(0, REASON_CHARACTERS);
  return { code, reason, failureGroup: failureGroupOf(code, ...stacksOf(error)) };
}

/** The stack of what went wrong first, then those of the errors it was wrapped in. */
function stacksOf(error: Error): readonly (string | undefined)[] {
  const inner = error.cause instanceof Error ? stacksOf(error.cause) : [];
  return [...inner, error.stack];
}

/**
 * `<code>~<file>~<function>` of the first frame of our own code in the first stack that has one, constructors of errors
 * left out; the code alone when there is none. The same on every machine and in every build that names file and function the same; only letters,
 * digits and `._~-`, so that it fits into a path. Changing this makes new groups of old failures.
 */
export function failureGroupOf(code: string, ...stacks: readonly (string | undefined)[]): string {
  for (const line of stacks.flatMap((stack) => stack?.split('\n') ?? [])) {
    const [, name, path, bare] = FRAME.exec(line) ?? [];
    const place = path ?? bare;
    if (place === undefined || place.includes('node_modules') || name?.startsWith('new ')) continue;
    const file = OWN_FILE.exec(place)?.[1];
    if (file !== undefined) return plain(`${code}~${file.replaceAll(/[/\\]/g, '.')}~${name ?? 'anonymous'}`);
  }
  return plain(code);
}

function plain(text: string): string {
  const named = text.replace(/~Object\./, '~').replaceAll(/<anonymous>/g, 'anonymous');
  return named.replaceAll(/[^A-Za-z0-9._~-]+/g, '-').slice(0, GROUP_CHARACTERS);
}
