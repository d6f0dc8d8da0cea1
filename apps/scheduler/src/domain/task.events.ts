export type { SchedulerEvent as TaskEvent } from '@codex/contracts';
