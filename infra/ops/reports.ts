import type { Projection, Rebuild, Status, StreamState } from './operations-api';
import { table } from './table';

export function projectionsReport(projections: readonly Projection[]): string {
  const rows = projections.map(({ name, version, state, lagMs, parked, generations, rebuild }) => {
    const shown = generations.map((one) => `${one.generation} ${one.state}`).join(', ');
    return [name, version, state, lagMs, parked, shown, rebuild === null ? null : rebuildLine(rebuild)];
  });
  const reasons = projections.flatMap(({ name, reason }) => (reason === null ? [] : [`${name}: ${reason}`]));
  const lines = table(['projection', 'version', 'state', 'lag ms', 'parked', 'generations', 'last rebuild'], rows);
  return [lines, ...reasons].join('\n');
}

export function statusReport({ services, relays, projections, queue, deadLetters, waitingPartitions }: Status): string {
  return [
    table(
      ['service', 'status', 'since'],
      services.map(({ name, status, since }) => [name, status, since]),
    ),
    table(
      ['relay', 'lag ms', 'pending'],
      relays.map(({ service, lagMs, pending }) => [service, lagMs, pending]),
    ),
    table(
      ['projection', 'lag ms', 'state'],
      projections.map(({ name, lagMs, state }) => [name, lagMs, state]),
    ),
    table(
      ['queue', 'oldest ms', 'dead letters', 'waiting partitions'],
      [[queue.depth, queue.oldestReadyMs, deadLetters, waitingPartitions]],
    ),
  ].join('\n\n');
}

/** What a stream was, as its owner folded it. */
export function streamStateReport({ stream, version, type, recordedAt, currentVersion, state }: StreamState): string {
  const head = `${stream} after version ${version} of ${currentVersion}: ${type}, ${recordedAt}`;
  return `${head}\n${JSON.stringify(state, null, 2)}`;
}

/** Where a rebuild stands, or how it ended. */
export function rebuildLine({ generation, phase, done, total, percent, secondsLeft, report, error }: Rebuild): string {
  const what = `generation ${generation} ${phase}`;
  if (error !== null) return `${what}: ${error}`;
  if (report === null) {
    const left = secondsLeft === null ? '' : `, about ${secondsLeft} s left`;
    return `${what}, ${done} of ${total} messages, ${percent} %${left}`;
  }
  const rows = `${report.rebuilt.rows} rows, ${report.equal ? 'equal' : `${report.live.rows} live, different`}`;
  const parked = report.parked.length === 0 ? '' : `, ${report.parked.length} parked left out`;
  return `${what}, ${rows}${parked}`;
}
