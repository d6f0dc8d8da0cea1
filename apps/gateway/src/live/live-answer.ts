import { PassThrough, type Readable } from 'node:stream';

/**
 * The same stream, ended in order when a signal comes: the client sees an end, not a broken connection, and comes back
 * with its cursor. Ends with the connection to the service, whichever is first.
 */
export function endedBy(signals: readonly AbortSignal[], body: Readable): Readable {
  const answer = new PassThrough();
  const end = (): void => {
    body.unpipe(answer);
    answer.end();
  };
  body.once('error', (error) => answer.destroy(error));
  answer.once('close', () => {
    for (const signal of signals) signal.removeEventListener('abort', end);
    body.destroy();
  });
  for (const signal of signals) signal.addEventListener('abort', end, { once: true });
  if (!signals.some(({ aborted }) => aborted)) return body.pipe(answer);
  end();
  return answer;
}
