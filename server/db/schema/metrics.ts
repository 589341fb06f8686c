import { bigint, index, integer, pgTable, primaryKey, real, text } from 'drizzle-orm/pg-core';
import { at, orgId } from '#server/db/schema/columns.ts';
import { deployments } from '#server/db/schema/projects.ts';

/**
 * What instances used, per step of time. Coarser steps are made from finer ones, each step is kept for as long as its
 * windows show it (`domain/metrics.ts`). An instance is named, not referred to: its figures outlive it.
 */
export const metricPoints = pgTable(
  'metric_points',
  {
    orgId: orgId(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    componentId: text('component_id').notNull(),
    instanceId: text('instance_id').notNull(),
    stepSeconds: integer('step_seconds').notNull(),
    /** Begin of the step. */
    at: at('at').notNull(),
    /** Mean over the step, in thousandths of a core. */
    cpuMillis: real('cpu_millis').notNull(),
    /** Highest in the step. */
    memoryBytes: bigint('memory_bytes', { mode: 'number' }).notNull(),
    memoryLimitBytes: bigint('memory_limit_bytes', { mode: 'number' }).notNull(),
    processes: integer('processes').notNull(),
    /** Sums over the step. */
    receivedBytes: bigint('received_bytes', { mode: 'number' }).notNull(),
    sentBytes: bigint('sent_bytes', { mode: 'number' }).notNull(),
    readBytes: bigint('read_bytes', { mode: 'number' }).notNull(),
    writtenBytes: bigint('written_bytes', { mode: 'number' }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.instanceId, t.stepSeconds, t.at] }),
    index('metric_points_window').on(t.orgId, t.deploymentId, t.stepSeconds, t.at),
    index('metric_points_age').on(t.stepSeconds, t.at),
  ],
);
