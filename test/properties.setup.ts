import fc from 'fast-check';

/**
 * Properties run on the same inputs every time, so that a change is judged by what it changed. `PROPERTY_SEED` looks
 * further: a number, or `random` for another one in every file. A failure prints its seed either way.
 */
const { PROPERTY_SEED = '1' } = process.env;
if (PROPERTY_SEED !== 'random') fc.configureGlobal({ seed: Number(PROPERTY_SEED) });
