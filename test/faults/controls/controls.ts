import type { Finding } from '../auditor/finding';
import type { Breakage } from './broken-copy';

/** A way to break the system, and the finding by which the auditor has to notice. */
export interface Control {
  readonly name: string;
  readonly breakage: Breakage;
  readonly rule: string;
  readonly isNoticed: (finding: Finding) => boolean;
}

export const controls: readonly Control[] = [
  {
    name: 'a relay that skips a row',
    breakage: {
      file: 'libs/kafka-messaging/src/relay/batch-sender.js',
      from: 'const records = chunk.map((row)=>',
      to: "const records = chunk.filter((row)=>row.type !== 'VisionSet').map((row)=>",
    },
    rule: 'log-complete-in-order',
    isNoticed: ({ about, seen }) => about.startsWith('VisionSet ') && seen === 'nothing',
  },
  {
    name: 'a consumer that drops a message',
    breakage: {
      file: 'apps/audit/src/messaging/audit.consumer.js',
      from: 'messages.filter(isRecorded)',
      to: "messages.filter(isRecorded).filter((message)=>message.type !== 'ProjectQuotaSet')",
    },
    rule: 'audit-complete',
    isNoticed: ({ about, seen }) => about.startsWith('ProjectQuotaSet ') && seen === 'none',
  },
  {
    name: 'an agent-manager that lets a claim be taken twice',
    breakage: {
      file: 'apps/agent-manager/src/application/claim-round.js',
      from: '?.splice(0, request.max)',
      to: '?.slice(0, request.max)',
    },
    rule: 'one-lease-a-run',
    isNoticed: ({ about, expected }) => about.startsWith('run ') && expected === 'one claim',
  },
  {
    name: 'a projection without its guard, which applies an event twice',
    breakage: {
      file: 'libs/kafka-messaging/src/consumer/batch-plan.js',
      from: "const guarded = rules.guard && message?.kind === 'event';",
      to: 'const guarded = false;',
    },
    rule: 'read-models-equal-fold',
    isNoticed: ({ about }) => about.startsWith('projects '),
  },
];
