import type { ProjectedEvent } from '@codex/projections';

/** Columns every current-state row has. */
export type Stamp = {
  tenantId: string;
  createdAt: string;
  updatedAt: string;
  version: number;
};

/** Their types, to spread into a projection's columns. */
export const stampColumns = {
  tenantId: 'uuid',
  createdAt: 'timestamptz',
  updatedAt: 'timestamptz',
  version: 'integer',
} as const;

const UTC_WITH_MILLISECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z$/;

/** The time of an event as queries show it: milliseconds. */
export function shownTime({ recordedAt }: ProjectedEvent): string {
  if (UTC_WITH_MILLISECONDS.test(recordedAt)) return `${recordedAt.slice(0, 23)}Z`;
  return new Date(recordedAt).toISOString();
}

/** The stamp of a row that begins with this event. */
export function firstStamp(event: ProjectedEvent): Stamp {
  const time = shownTime(event);
  return { tenantId: event.tenantId, createdAt: time, updatedAt: time, version: event.version };
}

/** The changed parts of the stamp of a row that goes on with this event. */
export function nextStamp(event: ProjectedEvent): Pick<Stamp, 'updatedAt' | 'version'> {
  return { updatedAt: shownTime(event), version: event.version };
}
