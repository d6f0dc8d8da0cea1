/** How long a fault lasts, or load rests. Not for waiting: whatever is waited for has a condition. */
export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
