import type { Evidence } from '../evidence';
import type { Finding } from '../finding';

const rule = 'nothing-parked';

/** No fault of a process, a server or an agent makes a message a dead letter. */
export function* nothingParked({ deadLetters }: Evidence): Iterable<Finding> {
  for (const { service, group, stream, reason } of deadLetters)
    yield { rule, about: `${stream} in ${service}`, expected: 'no dead letter', seen: `${group}: ${reason}` };
}
