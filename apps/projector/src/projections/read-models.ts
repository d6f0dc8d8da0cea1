import type { Projection } from '@codex/projections';
import { agentsProjection } from './agents.projection';
import { historyProjection } from './history.projection';
import { processesProjection } from './processes.projection';
import { projectQuotasProjection } from './project-quotas.projection';
import { projectsProjection } from './projects.projection';
import { runsProjection } from './runs.projection';
import { tasksProjection } from './tasks.projection';
import { workItemsProjection } from './work-items.projection';

/** Every read model of the system, in the order in which operators see them. */
export const readModels: readonly Projection[] = [
  projectsProjection,
  projectQuotasProjection,
  workItemsProjection,
  processesProjection,
  tasksProjection,
  agentsProjection,
  runsProjection,
  historyProjection,
];
