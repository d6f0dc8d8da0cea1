import { effectivePriority, type ProjectLoad } from '../src/domain/claim-order';

/** A run that waits, with all that its place depends on. */
export interface WaitingRun {
  readonly runId: string;
  readonly projectId: string;
  readonly toolSetId: number;
  readonly priority: number;
  readonly waitedMs: number;
}

/** The claim order said plainly: look at all runs again for each one that is taken. */
export function plainOrder(
  runs: readonly WaitingRun[],
  projects: readonly ProjectLoad[],
  wanted: number,
): readonly string[] {
  const running = new Map(projects.map((project) => [project.projectId, project.running]));
  const limits = new Map(projects.map(({ projectId, maxRunning }) => [projectId, maxRunning ?? Infinity]));
  const left = [...runs];
  const order: string[] = [];
  while (order.length < wanted) {
    const [best] = left
      .filter((run) => running.get(run.projectId)! < limits.get(run.projectId)!)
      .sort(
        (a, b) =>
          effectivePriority(b.priority, b.waitedMs) - effectivePriority(a.priority, a.waitedMs) ||
          running.get(a.projectId)! - running.get(b.projectId)! ||
          b.waitedMs - a.waitedMs ||
          (a.runId < b.runId ? -1 : 1),
      );
    if (best === undefined) break;
    order.push(best.runId);
    running.set(best.projectId, running.get(best.projectId)! + 1);
    left.splice(left.indexOf(best), 1);
  }
  return order;
}
