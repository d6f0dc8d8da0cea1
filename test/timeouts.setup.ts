/**
 * How long a test with servers may take: longer than any wait in it, whose message says what did not happen. Reached only
 * by what fails, so it is generous: machines have much else to do.
 */
jest.setTimeout(120_000);
