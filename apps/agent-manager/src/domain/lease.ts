/** How long a lease lasts without a heartbeat. */
export const LEASE_TTL_MS = 20_000;
/** How often agents are told to renew: three renewals may be lost before a lease is. */
export const HEARTBEAT_INTERVAL_MS = 5_000;
/** What a run may take beyond its own timeout, which the agent keeps, before the server takes it away. */
export const TIMEOUT_GRACE_MS = 30_000;

/**
 * What a lease token is worth: `held` is the token of a lease that has not ended; `spent` is the one under which the run
 * was ended by its agent; anything else, an ended lease included, is `none`.
 */
export type LeaseProof = 'held' | 'spent' | 'none';
