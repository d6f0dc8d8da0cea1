/** Like `Promise.all`, but nothing is still going on when it rejects. */
export async function all<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
