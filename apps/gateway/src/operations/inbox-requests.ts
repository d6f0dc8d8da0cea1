import { cursorCodec, idParams, listQuery, strictQuery, uuid } from '@codex/platform';
import { z } from 'zod';
import type { ServiceName } from '../routing/route';

/** The services that consume, each with an inbox of its own. Consumer groups are called `<service>.<purpose>`. */
export const consumingServices = [
  'project',
  'work-item',
  'scheduler',
  'agent-manager',
  'notification',
  'audit',
  'projector',
] as const satisfies readonly ServiceName[];

export type ConsumingService = (typeof consumingServices)[number];

const text = (max: number) => z.string().trim().min(1, 'must not be empty').max(max);
const reason = text(1000);
const group = text(200);

export const deadLettersQuery = listQuery({
  service: z.enum(consumingServices).optional(),
  group: group.optional(),
  consumerGroup: group.optional(),
  status: z.enum(['parked', 'redriven', 'discarded']).optional(),
});
export type DeadLettersQuery = z.output<typeof deadLettersQuery>;

/** Dead letters have UUIDv7 ids, so those of all services are in order of time by their ids. */
export const deadLetterCursor = cursorCodec(uuid);

export { idParams };
export const groupParams = z.object({ group });
export const noQuery = strictQuery({});
export const groupQuery = strictQuery({ group: group.optional() });

export const redriveBody = z.strictObject({ reason: reason.optional() });
export const discardBody = z.strictObject({ reason });
export const redriveGroupBody = redriveBody.extend({ group: group.optional() });
export const discardGroupBody = discardBody.extend({ group: group.optional() });

export const consumersQuery = strictQuery({ service: z.enum(consumingServices).optional() });
export const adoptBody = z.strictObject({ group, reason });
export const skipBody = z.strictObject({
  group,
  topic: text(249),
  partition: z.int().min(0),
  offset: z.int().min(0),
  eventId: text(512),
  reason,
});
