/** Said to the operator as it is, without a stack. */
export class OpsError extends Error {}
