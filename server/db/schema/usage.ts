import { index, integer, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id, orgId } from '#server/db/schema/columns.ts';

/**
 * What ran from when to when, with its size: one row per instance and one per build. Triggers on `instances` and
 * `release_steps` write it in the transaction that starts or ends them, whoever does. Nothing refers to a deployment by a
 * key, so that a row outlives what it is about; the names are those of its start.
 */
export const usageIntervals = pgTable(
  'usage_intervals',
  {
    /** The instance's id, or `build_` and the number of the step. */
    id: id(),
    orgId: orgId(),
    kind: text('kind').$type<'instance' | 'build'>().notNull(),
    projectId: text('project_id').notNull(),
    deploymentId: text('deployment_id').notNull(),
    componentId: text('component_id'),
    projectName: text('project_name').notNull(),
    deploymentName: text('deployment_name').notNull(),
    componentName: text('component_name').notNull().default(''),
    cpuMillis: integer('cpu_millis').notNull().default(0),
    memoryMib: integer('memory_mib').notNull().default(0),
    startedAt: at('started_at').notNull(),
    endedAt: at('ended_at'),
  },
  (t) => [
    index('usage_intervals_org').on(t.orgId, t.endedAt),
    index('usage_intervals_deployment').on(t.deploymentId, t.endedAt),
  ],
);
