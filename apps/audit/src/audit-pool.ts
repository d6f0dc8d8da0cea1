/** Injection token of what reads the audit store: a `Sql`. */
export const AUDIT_POOL = Symbol('audit pool');
