/** Storage that outlives instances. A row is the wish; `place` is what the region has done about it. */
import { sql } from 'drizzle-orm';
import { bigint, boolean, index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, createdAt, id, orgId } from '#server/db/schema/columns.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, projects } from '#server/db/schema/projects.ts';
import type { VolumePlace, VolumeState } from '#server/domain/volumes.ts';

export const volumes = pgTable(
  'volumes',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'restrict' }),
    /** No row goes with its deployment by itself: what is on disk has to go first. */
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'restrict' }),
    componentId: text('component_id')
      .notNull()
      .references(() => components.id, { onDelete: 'restrict' }),
    regionId: text('region_id')
      .notNull()
      .references(() => regions.id, { onDelete: 'restrict' }),
    /** Unique in the component. */
    name: text('name').notNull(),
    path: text('path').notNull(),
    /** Wanted; only grows. */
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    state: text('state').$type<VolumeState>().notNull().default('active'),
    trashedAt: at('trashed_at'),
    place: text('place').$type<VolumePlace>().notNull().default('none'),
    /** A larger size that takes effect at the next start. */
    growsAtStart: boolean('grows_at_start').notNull().default(false),
    usedBytes: bigint('used_bytes', { mode: 'number' }),
    /** What the filesystem holds; null where sizes are not enforced, or before it was observed. */
    capacityBytes: bigint('capacity_bytes', { mode: 'number' }),
    observedAt: at('observed_at'),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('volumes_name')
      .on(t.deploymentId, t.componentId, t.name)
      .where(sql`state = 'active'`),
    index('volumes_deployment').on(t.orgId, t.deploymentId),
    index('volumes_unsettled').on(t.state, t.place),
  ],
);

/** Work on the data of a database: a dump that was taken, or one that is played back. */
export type DataJobKind = 'dump' | 'restore';
export type DataJobState = 'waiting' | 'running' | 'done' | 'failed';
export const dataJobs = pgTable(
  'data_jobs',
  {
    id: id(),
    orgId: orgId(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'restrict' }),
    componentId: text('component_id')
      .notNull()
      .references(() => components.id, { onDelete: 'restrict' }),
    kind: text('kind').$type<DataJobKind>().notNull(),
    /** `person`, or `schedule` for those that are kept by count. */
    startedBy: text('started_by').$type<'person' | 'schedule'>().notNull(),
    /** Of a restore: the dump that it plays. */
    dumpId: text('dump_id'),
    /** The engine of the database when it was taken: only the same one can read it. */
    engine: text('engine').notNull(),
    state: text('state').$type<DataJobState>().notNull().default('waiting'),
    sizeBytes: bigint('size_bytes', { mode: 'number' }),
    /** SHA-256 of the stored file. */
    checksum: text('checksum'),
    failure: text('failure'),
    requestedBy: text('requested_by'),
    createdAt: createdAt(),
    startedAt: at('started_at'),
    endedAt: at('ended_at'),
    /** A worker that was lost in it is seen by this. */
    leaseUntil: at('lease_until'),
  },
  (t) => [
    index('data_jobs_deployment').on(t.orgId, t.deploymentId, t.createdAt),
    index('data_jobs_waiting')
      .on(t.createdAt)
      .where(sql`state in ('waiting','running')`),
  ],
);

/** Dumps that are taken by themselves. */
export const dumpSchedules = pgTable(
  'dump_schedules',
  {
    id: id(),
    orgId: orgId(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    componentId: text('component_id')
      .notNull()
      .references(() => components.id, { onDelete: 'cascade' }),
    everyHours: bigint('every_hours', { mode: 'number' }).notNull(),
    /** The newest that many stay; older scheduled ones go. */
    keep: bigint('keep', { mode: 'number' }).notNull(),
    nextAt: at('next_at').notNull(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('dump_schedules_component').on(t.deploymentId, t.componentId)],
);
