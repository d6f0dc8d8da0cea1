/** Says what takes longer than a second, again every ten seconds, and how long it took. */
export async function step(label, work) {
  const startedAt = performance.now();
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  let reminder;
  const first = setTimeout(() => {
    console.log(`  … ${label}`);
    reminder = setInterval(() => console.log(`  … ${label}, ${seconds()} so far`), 10_000);
  }, 1000);
  try {
    const result = await work();
    console.log(`  ✓ ${label} (${seconds()})`);
    return result;
  } catch (error) {
    console.log(`  ✗ ${label} (${seconds()})`);
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(reminder);
  }
}
