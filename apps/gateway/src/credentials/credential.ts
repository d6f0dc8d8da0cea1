import type { Caller, Role } from '@codex/platform';

/** Who a request comes from, and the name under which its rate is counted. */
export interface Credential {
  readonly id: string;
  readonly caller: Caller;
  /** Null: an API key holds until the gateway starts without it. */
  readonly expiresAtMs: number | null;
}

/** Aborted when who opened a live connection has to show credentials again: they expired, or `longestMs` are over. */
export function endOf({ expiresAtMs }: Credential, longestMs: number): AbortSignal {
  const leftMs = (expiresAtMs ?? Number.POSITIVE_INFINITY) - Date.now();
  return AbortSignal.timeout(Math.max(0, Math.min(leftMs, longestMs)));
}

const roles: ReadonlySet<string> = new Set<Role>(['admin', 'member', 'operator', 'auditor', 'agent']);

/** The roles of the contract among these; others mean nothing here. */
export function knownRoles(names: readonly unknown[]): string[] {
  return names.filter((name): name is string => typeof name === 'string' && roles.has(name));
}
