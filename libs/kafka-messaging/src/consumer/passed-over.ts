import type { Assignment, OwnedPartition } from './assignment';
import { isPassedOver } from './batch-item';
import type { OwnedItem } from './batch-transaction';

const HOLD_MS = 1_000;

/**
 * Records that concern nobody need no transaction of their own: how far they reach is stored with the next batch that
 * has one, or after a second. A crash before that reads them again, to the same end.
 */
export class PassedOver {
  private readonly last = new Map<OwnedPartition, OwnedItem>();
  private assignment: Assignment | null = null;
  private since: number | null = null;

  constructor(private readonly options: { readonly holds: boolean }) {}

  /** What needs a transaction now: these items and what was held back before them, or nothing. */
  sift(items: readonly OwnedItem[], assignment: Assignment): readonly OwnedItem[] {
    if (this.assignment !== assignment) this.startOver(assignment);
    if (items.length === 0) return this.dueInMs() === 0 ? this.release() : [];
    if (!this.options.holds || !items.every(isPassedOver))
      return this.last.size === 0 ? items : [...this.release(), ...items];
    for (const item of items) this.last.set(item.partition, item);
    this.since ??= Date.now();
    return [];
  }

  /** When what is held back wants to be stored; undefined while nothing is. */
  dueInMs(): number | undefined {
    return this.since === null ? undefined : Math.max(this.since + HOLD_MS - Date.now(), 0);
  }

  private release(): readonly OwnedItem[] {
    const held = [...this.last.values()];
    this.startOver(this.assignment);
    return held;
  }

  private startOver(assignment: Assignment | null): void {
    this.assignment = assignment;
    this.last.clear();
    this.since = null;
  }
}
