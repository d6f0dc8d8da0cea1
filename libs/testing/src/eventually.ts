export interface EventuallyOptions {
  /** Default 30,000: it is reached only by what fails, also on a machine that has much else to do. */
  readonly timeoutMs?: number;
  /** Default 20. */
  readonly pollIntervalMs?: number;
  /** What is waited for; begins the message of the failure. */
  readonly description?: string;
}

/**
 * Calls the condition again and again until it neither throws nor resolves to `false`, and resolves with what it
 * resolved to (so assertions and look-ups both work as conditions). Rejects at the deadline with the last error as
 * its cause; a call still going on at the deadline is not waited for.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions = {},
): Promise<Exclude<T, false>> {
  const { timeoutMs = 30_000, pollIntervalMs = 20, description = 'the condition' } = options;
  const endsAt = performance.now() + timeoutMs;
  let last: unknown = new Error('its first try did not end');
  for (;;) {
    const leftMs = endsAt - performance.now();
    if (leftMs <= 0) break;
    try {
      const result = await withinMs(condition, leftMs);
      if (result !== false) return result as Exclude<T, false>;
      last = new Error('it was still false');
    } catch (error) {
      if (error !== TOO_LATE) last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
  }
  const reason = last instanceof Error ? last.message : String(last);
  throw new Error(`${description} did not hold within ${timeoutMs} ms: ${reason}`, { cause: last });
}

const TOO_LATE = Symbol('too late');

async function withinMs<T>(condition: () => T | Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(TOO_LATE as unknown as Error), ms);
  });
  try {
    return await Promise.race([condition(), late]);
  } finally {
    clearTimeout(timer);
  }
}
