/** Injection token of the pool that writes the read models. */
export const READ_MODEL_POOL = Symbol('read model pool');

/** Injection token of the projections this service runs. */
export const PROJECTIONS = Symbol('projections');
