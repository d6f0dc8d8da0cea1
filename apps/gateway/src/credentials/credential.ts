import type { Caller, Role } from '@codex/platform';

/** Who a request comes from, and the name under which its rate is counted. */
export interface Credential {
  readonly id: string;
  readonly caller: Caller;
}

const roles: ReadonlySet<string> = new Set<Role>(['admin', 'member', 'operator', 'auditor', 'agent']);

/** The roles of the contract among these; others mean nothing here. */
export function knownRoles(names: readonly unknown[]): string[] {
  return names.filter((name): name is string => typeof name === 'string' && roles.has(name));
}
