import { Controller, Get, Inject, Query } from '@nestjs/common';
import { CurrentCaller, listQuery, Roles, type Caller } from '@codex/platform';
import type { Sql } from '@codex/postgres';
import { z } from 'zod';
import { AUDIT_POOL } from '../audit-pool';
import { auditCursor, listAuditRecords } from '../persistence/audit-records.queries';

const text = z.string().min(1).max(200).optional();
/** What Postgres can't read although RFC 3339 allows it: the year 0 and far away time zones. */
const UNREADABLE = /^0000|[+-](?:1[6-9]|2\d):\d\d$/;
const time = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time' })
  .refine((text) => !UNREADABLE.test(text), 'must be a time of a usual year and time zone')
  .optional();
const recordsQuery = listQuery({
  stream: text,
  actor: text,
  type: text,
  from: time,
  to: time,
  correlationId: text,
  outcome: z.enum(['accepted', 'refused']).optional(),
});

@Controller('v1/audit')
@Roles('auditor')
export class AuditRecordsController {
  constructor(@Inject(AUDIT_POOL) private readonly sql: Sql) {}

  @Get('records')
  records(
    @Query({ schema: recordsQuery }) { first, after, ...filter }: z.output<typeof recordsQuery>,
    @CurrentCaller() { tenantId }: Caller,
  ) {
    return listAuditRecords(this.sql, { tenantId, first, after: auditCursor.decode(after) }, filter);
  }
}
