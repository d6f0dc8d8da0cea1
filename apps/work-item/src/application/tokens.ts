/** Injects the `KnownProjects` port. */
export const KNOWN_PROJECTS = Symbol('known projects');

/** Injects the function that mints ids (UUIDv7). */
export const NEW_ID = Symbol('new id');
