import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import { at, createdAt, id, orgId } from '#server/db/schema/columns.ts';
import { components, deployments } from '#server/db/schema/projects.ts';
import { releases } from '#server/db/schema/releases.ts';
import type { LogStreamKind } from '#server/domain/words.ts';
import type { ObservedState } from '#server/runtime/types.ts';

/** The bridge of a deployment: `slw-<installation>-<index>` and a /26 of the pool. */
export const networks = pgTable(
  'networks',
  {
    deploymentId: text('deployment_id')
      .primaryKey()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    orgId: orgId(),
    regionId: text('region_id').notNull(),
    /** Position of the /26 in the region's pool. */
    index: integer('index').notNull(),
    subnet: text('subnet').notNull(),
  },
  (t) => [uniqueIndex('networks_index').on(t.regionId, t.index)],
);

export type InstanceRole = 'serving' | 'hook';
export type InstanceState = 'starting' | 'ready' | 'live' | 'draining' | 'removed';

/** One container. The row is written before the engine is asked, and its name is derived from the id: starting twice finds the same one. */
export const instances = pgTable(
  'instances',
  {
    id: id(),
    orgId: orgId(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    componentId: text('component_id')
      .notNull()
      .references(() => components.id, { onDelete: 'cascade' }),
    /** The release or operation that started it; with ordinal and component the deterministic identity. */
    startedBy: text('started_by')
      .notNull()
      .references(() => releases.id, { onDelete: 'cascade' }),
    role: text('role').$type<InstanceRole>().notNull().default('serving'),
    /** `postdeploy` or `first-deploy` for hooks, else empty. */
    hook: text('hook').notNull().default(''),
    ordinal: integer('ordinal').notNull(),
    specHash: text('spec_hash').notNull(),
    state: text('state').$type<InstanceState>().notNull().default('starting'),
    /** Allocated by us; not used again until 10 minutes after no edge names it. */
    address: text('address').notNull(),
    addressFreeAt: at('address_free_at'),
    port: integer('port'),
    cpuMillis: integer('cpu_millis').notNull(),
    memoryMib: integer('memory_mib').notNull(),
    /** The release or operation that retires it; set in the transaction of the switch. */
    retiredBy: text('retired_by'),
    createdAt: createdAt(),
    readyAt: at('ready_at'),
    removedAt: at('removed_at'),
    observed: jsonb('observed').$type<ObservedState>(),
    observedAt: at('observed_at'),
    restarts: integer('restarts').notNull().default(0),
  },
  (t) => [
    uniqueIndex('instances_identity').on(t.startedBy, t.componentId, t.hook, t.ordinal),
    index('instances_deployment').on(t.orgId, t.deploymentId, t.state),
    uniqueIndex('instances_address')
      .on(t.deploymentId, t.address)
      .where(sql`address_free_at is null`),
    index('instances_retired_by').on(t.retiredBy),
  ],
);

/** `instance ↔ release`: an unchanged instance is carried over, not restarted. */
export const instanceReleases = pgTable(
  'instance_releases',
  {
    instanceId: text('instance_id')
      .notNull()
      .references(() => instances.id, { onDelete: 'cascade' }),
    releaseId: text('release_id')
      .notNull()
      .references(() => releases.id, { onDelete: 'cascade' }),
    orgId: orgId(),
  },
  (t) => [primaryKey({ columns: [t.instanceId, t.releaseId] }), index('instance_releases_release').on(t.releaseId)],
);

/** A log stream; lines live in chunk files of the LogStore. */
export const logStreams = pgTable(
  'log_streams',
  {
    id: id(),
    orgId: orgId(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    releaseId: text('release_id').references(() => releases.id, { onDelete: 'cascade' }),
    componentId: text('component_id'),
    instanceId: text('instance_id'),
    kind: text('kind').$type<LogStreamKind>().notNull(),
    nextSeq: bigint('next_seq', { mode: 'number' }).notNull().default(1),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
    closedAt: at('closed_at'),
  },
  (t) => [
    index('log_streams_release').on(t.releaseId),
    index('log_streams_deployment').on(t.orgId, t.deploymentId, t.createdAt),
    index('log_streams_instance').on(t.instanceId),
  ],
);

/** Index of the chunks: which lines are in which file. */
export const logChunks = pgTable(
  'log_chunks',
  {
    streamId: text('stream_id')
      .notNull()
      .references(() => logStreams.id, { onDelete: 'cascade' }),
    orgId: orgId(),
    firstSeq: bigint('first_seq', { mode: 'number' }).notNull(),
    lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
    firstAt: at('first_at').notNull(),
    lastAt: at('last_at').notNull(),
    bytes: integer('bytes').notNull(),
  },
  (t) => [primaryKey({ columns: [t.streamId, t.firstSeq] })],
);
