export {
  appendProjection,
  foldProjection,
  type AppendProjection,
  type ColumnType,
  type FoldProjection,
  type ProjectedEvent,
  type Projection,
  type Row,
} from './projection';
export { projectionMigrations } from './migrations';
export { generationGroup, type Generation, type GenerationState } from './generation';
export { GenerationRegistry } from './generation-registry';
export {
  GenerationBehind,
  GenerationIsLive,
  NoPreviousGeneration,
  ProjectionPaused,
  RebuildRunning,
  TopicNotFilled,
} from './projection-errors';
export { projectionHandler, type ProjectionHandler } from './projection-handler';
export { compareGenerations, type ComparisonReport, type TableDigest } from './comparison';
export { ConsistencyWaiter, parseConsistencyToken, type AwaitedVersion } from './consistency';
export { sweepInbox } from './inbox-sweep';
export { LogRefused, ProjectionHost, type ProjectionHostParts } from './projection-host';
export { rebuild, type GenerationFeeder, type RebuildOutcome } from './rebuild';
