import { PassThrough, type Readable } from 'node:stream';

/**
 * The same stream, ended in order when the signal comes: the client sees an end, not a broken connection, and comes back
 * with its cursor. Ends with the connection to the service, whichever is first.
 */
export function endedBy(signal: AbortSignal, body: Readable): Readable {
  const answer = new PassThrough();
  const end = (): void => {
    body.unpipe(answer);
    answer.end();
  };
  body.once('error', (error) => answer.destroy(error));
  answer.once('close', () => {
    signal.removeEventListener('abort', end);
    body.destroy();
  });
  signal.addEventListener('abort', end, { once: true });
  return body.pipe(answer);
}
