import { setTimeout as delay } from 'node:timers/promises';
import type { FaultSystem } from '../system/fault-system';
import { collectEvidence } from './collect/collect-evidence';
import { eventsByStream, type Evidence } from './evidence';
import { describeFinding, type Finding } from './finding';
import { judge } from './judge';

const PATIENCE_MS = 120_000;
const PAUSE_MS = 1_000;
const SHOWN = 25;
const TOLD_EVERY_MS = 20_000;

/** What the auditor looked at when it was content. */
export interface Settled {
  readonly evidence: Evidence;
  readonly settledAfterMs: number;
}

/**
 * Waits until the auditor finds nothing, and rejects with its findings when it never does. Only what people owe the
 * system is done meanwhile: approvals are given, paused projects resumed, and what waits in one that
 * was archived as well is cancelled. Nothing in logs and stores ever changes,
 * so a wrong entry there is found however long this waits.
 */
export async function settle(system: FaultSystem): Promise<Settled> {
  const startedAt = performance.now();
  let findings: readonly Finding[] = [];
  let failure: unknown;
  let toldAt = startedAt;
  while (performance.now() - startedAt < PATIENCE_MS) {
    try {
      const evidence = await collectEvidence(system.running.contents(), system.journal);
      findings = judge(evidence);
      failure = undefined;
      if (findings.length === 0) return { evidence, settledAfterMs: performance.now() - startedAt };
      await oweNothing(system, evidence);
    } catch (error) {
      failure = error;
    }
    if (performance.now() - toldAt >= TOLD_EVERY_MS) {
      toldAt = performance.now();
      process.stdout.write(
        `  not settled after ${Math.round((toldAt - startedAt) / 1000)} s: ${firstOf(findings, failure)}\n`,
      );
    }
    await delay(PAUSE_MS);
  }
  throw new Error(report(findings, failure), { cause: failure });
}

/** One line a finding. */
export function report(findings: readonly Finding[], failure?: unknown): string {
  const lines = findings.slice(0, SHOWN).map((finding) => `  ${describeFinding(finding)}`);
  const more = findings.length > SHOWN ? [`  and ${findings.length - SHOWN} more`] : [];
  const unread = failure === undefined ? [] : [`  the evidence could not be read: ${String(failure)}`];
  return [`the auditor has ${findings.length} findings`, ...lines, ...more, ...unread].join('\n');
}

function firstOf(findings: readonly Finding[], failure: unknown): string {
  if (failure !== undefined) return String(failure);
  return `${findings.length} findings, the first: ${findings.slice(0, 1).map(describeFinding).join()}`;
}

async function oweNothing({ client }: FaultSystem, evidence: Evidence): Promise<void> {
  const hopeless = new Set<unknown>();
  for (const [stream, events] of eventsByStream(evidence, 'Project')) {
    const last = events.findLast(({ type }) => type === 'ProjectPaused' || type === 'ProjectResumed');
    if (last?.type !== 'ProjectPaused') continue;
    // Nothing can be asked of an archived project, so nobody can resume it.
    if (events.some(({ type }) => type === 'ProjectArchived')) hopeless.add(idOf(stream));
    else await client.command('POST', `/v1/projects/${idOf(stream)}/resume`, {}, { repeated: true });
  }
  for (const [stream, events] of eventsByStream(evidence, 'WorkItem')) {
    const state = events.findLast(({ type }) => type === 'WorkItemStateChanged')?.data['newState'];
    const isDecided = events.some(({ type }) => type === 'WorkItemApproved' || type === 'WorkItemRejected');
    const path = `/v1/work-items/${idOf(stream)}`;
    if (state === 'awaiting_approval' && !isDecided)
      await client.command('POST', `${path}/approve`, {}, { repeated: true });
    else if (state === 'scheduled' && hopeless.has(events[0]!.data['projectId']))
      await client.command('POST', `${path}/cancel`, {}, { repeated: true });
  }
}

function idOf(stream: string): string {
  return stream.slice(stream.indexOf('-') + 1);
}
