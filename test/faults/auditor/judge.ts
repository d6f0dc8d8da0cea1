import type { Evidence } from './evidence';
import type { Finding } from './finding';
import { acknowledgedOnce } from './rules/acknowledged-once';
import { attemptsCountedOnce } from './rules/attempts-counted-once';
import { auditComplete } from './rules/audit-complete';
import { countsEqualRows } from './rules/counts-equal-rows';
import { everythingEnds } from './rules/everything-ends';
import { logCompleteInOrder } from './rules/log-complete-in-order';
import { nothingParked } from './rules/nothing-parked';
import { oneLeaseARun } from './rules/one-lease-a-run';
import { readModelsEqualFold } from './rules/read-models-equal-fold';
import { unansweredAtMostOnce } from './rules/unanswered-at-most-once';
import { versionsGapless } from './rules/versions-gapless';

const rules: readonly ((evidence: Evidence) => Iterable<Finding>)[] = [
  acknowledgedOnce,
  unansweredAtMostOnce,
  versionsGapless,
  logCompleteInOrder,
  readModelsEqualFold,
  countsEqualRows,
  everythingEnds,
  oneLeaseARun,
  attemptsCountedOnce,
  auditComplete,
  nothingParked,
];

/** Everything that is wrong, rule by rule. Pure: what is read from a system in motion may be right a moment later. */
export function judge(evidence: Evidence): readonly Finding[] {
  return rules.flatMap((rule) => [...rule(evidence)]);
}
