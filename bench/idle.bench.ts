import { readFileSync } from 'node:fs';
import type { RunningSystem } from '../infra/local/system/start-system';
import type { BenchResult } from './bench-result';

const WATCHED_MS = 20_000;
const TICKS_PER_SECOND = 100;
const TARGET_CPU_PERCENT = 1;
const TARGET_MB = 150;

/** P10: what each service costs while nothing is asked of it. Linux only: it reads /proc. */
export async function benchIdle(system: RunningSystem): Promise<BenchResult[]> {
  const { pids } = system.contents();
  await wait(5_000);
  const before = Object.entries(pids).map(([app, pid]) => ({ app, pid, ticks: cpuTicks(pid) }));
  await wait(WATCHED_MS);
  const seen = before.map(({ app, pid, ticks }) => {
    const cpuSeconds = (cpuTicks(pid) - ticks) / TICKS_PER_SECOND;
    return { app, cpuPercent: round((cpuSeconds / (WATCHED_MS / 1000)) * 100), mb: round(residentMb(pid)) };
  });
  const cpu = Math.max(...seen.map(({ cpuPercent }) => cpuPercent));
  const mb = Math.max(...seen.map((one) => one.mb));
  return [
    {
      id: 'P10',
      measure: 'idle, the busiest service',
      value: cpu,
      unit: '% of a core',
      target: `<= ${TARGET_CPU_PERCENT} %`,
      met: cpu <= TARGET_CPU_PERCENT,
      details: { services: seen },
    },
    {
      id: 'P10',
      measure: 'idle, the largest service',
      value: mb,
      unit: 'MB',
      target: `<= ${TARGET_MB} MB`,
      met: mb <= TARGET_MB,
      details: { services: seen },
    },
  ];
}

/** User and system time of a process, in clock ticks. */
function cpuTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
