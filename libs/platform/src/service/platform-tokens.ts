/** Inject the service's logger with `@Inject(LOGGER)`. */
export const LOGGER = Symbol('logger');
