import { sql } from 'drizzle-orm';
import { bigint, bigserial, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, createdAt, id, orgId } from '#server/db/schema/columns.ts';
import { users } from '#server/db/schema/organizations.ts';
import { regions } from '#server/db/schema/platform.ts';
import { components, deployments, projects } from '#server/db/schema/projects.ts';
import { tags } from '#server/db/schema/tags.ts';
import type { BuildPlan } from '#server/build/types.ts';
import type { Failure, ReleaseReport, ReleaseSnapshot, ReleaseTrigger, ReportBase } from '#server/domain/release.ts';
import type { Lane, Outcome, ReleaseKind, ReleaseState } from '#server/domain/release-machine.ts';

/** Releases, and operations, which share the table as they share the engine: an operation has no number. */
export const releases = pgTable(
  'releases',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    regionId: text('region_id')
      .notNull()
      .references(() => regions.id, { onDelete: 'restrict' }),
    number: integer('number'),
    kind: text('kind').$type<ReleaseKind>().notNull(),
    lane: text('lane').$type<Lane>().notNull(),
    state: text('state').$type<ReleaseState>().notNull(),
    stateSince: at('state_since').notNull().defaultNow(),
    outcome: text('outcome').$type<Outcome>(),
    /** Frozen when requested; steps never change it. */
    snapshot: jsonb('snapshot').$type<ReleaseSnapshot>().notNull(),
    trigger: jsonb('trigger').$type<ReleaseTrigger>().notNull(),
    draftRevision: integer('draft_revision'),
    /** The name of the commits that it ships: deployed from this tag, or tagged since. */
    tagId: text('tag_id').references(() => tags.id, { onDelete: 'set null' }),
    requestedBy: text('requested_by').references(() => users.id, { onDelete: 'set null' }),
    heldReason: text('held_reason'),
    failure: jsonb('failure').$type<Failure>(),
    report: jsonb('report').$type<ReleaseReport>(),
    /** The edge's counters and the time just before the routes were published: what the report subtracts. */
    reportBase: jsonb('report_base').$type<ReportBase | null>(),
    /** Set with `cancel`: how it ends once everything is undone. */
    cancelTo: text('cancel_to').$type<'aborted' | 'superseded'>(),
    supersededBy: text('superseded_by'),
    /** The release that was live when this one switched. */
    previousReleaseId: text('previous_release_id'),
    /** Publication of this release at the edges; null before `switching`. */
    routeGeneration: integer('route_generation'),
    createdAt: createdAt(),
    startedAt: at('started_at'),
    liveAt: at('live_at'),
    endedAt: at('ended_at'),
    /** Lease: who works on it, until when, and the number that Postgres, driver and edge check. */
    leaseOwner: text('lease_owner'),
    leaseUntil: at('lease_until'),
    fence: bigint('fence', { mode: 'number' }).notNull().default(0),
    takeovers: integer('takeovers').notNull().default(0),
    /** Of the current state, absolute, in database time; survives a takeover. */
    deadlineAt: at('deadline_at'),
    /** Not before: a step that waits (drain, admission) sets it. */
    dueAt: at('due_at').notNull().defaultNow(),
    attempts: integer('attempts').notNull().default(0),
  },
  (t) => [
    uniqueIndex('releases_number').on(t.deploymentId, t.number),
    index('releases_deployment').on(t.orgId, t.deploymentId, t.createdAt),
    index('releases_waiting')
      .on(t.regionId, t.lane, t.createdAt)
      .where(sql`state in ('held','queued')`),
    index('releases_working')
      .on(t.dueAt)
      .where(
        sql`state in ('fetching','building','storing','starting','checking','hook','switching','cancelling','retiring')`,
      ),
    index('releases_tag')
      .on(t.tagId)
      .where(sql`tag_id is not null`),
    index('releases_active')
      .on(t.regionId, t.orgId)
      .where(sql`state in ('fetching','building','storing','starting','checking','hook','switching','cancelling')`),
    index('releases_served').on(t.regionId, t.orgId, t.startedAt),
    uniqueIndex('releases_one_active')
      .on(t.deploymentId)
      .where(sql`state in ('fetching','building','storing','starting','checking','hook','switching','cancelling')`),
  ],
);

/** What the steps found and made for one component of a release. */
export const releaseComponents = pgTable(
  'release_components',
  {
    releaseId: text('release_id')
      .notNull()
      .references(() => releases.id, { onDelete: 'cascade' }),
    orgId: orgId(),
    componentId: text('component_id')
      .notNull()
      .references(() => components.id, { onDelete: 'cascade' }),
    /** Tree hash of the root directory and extra paths; half of the build key. */
    treeHash: text('tree_hash'),
    plan: jsonb('plan').$type<BuildPlan>(),
    buildKey: text('build_key'),
    artifactId: text('artifact_id').references(() => artifacts.id, { onDelete: 'restrict' }),
    /** `built`, `reused` or `given` (image by digest). */
    buildOutcome: text('build_outcome').$type<'built' | 'reused' | 'given'>(),
    buildAttempts: integer('build_attempts').notNull().default(0),
    /** The image in the builder, until `storing` made an artifact of it. */
    built: jsonb('built').$type<{
      imageId: string;
      reference: string;
      sizeBytes: number;
      exposedPorts: number[];
    } | null>(),
    port: integer('port'),
    specHash: text('spec_hash'),
  },
  (t) => [primaryKey({ columns: [t.releaseId, t.componentId] }), index('release_components_artifact').on(t.artifactId)],
);

/** One row per visit of a state: the list of steps on the release page. */
export const releaseSteps = pgTable(
  'release_steps',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    orgId: orgId(),
    releaseId: text('release_id')
      .notNull()
      .references(() => releases.id, { onDelete: 'cascade' }),
    state: text('state').$type<ReleaseState>().notNull(),
    startedAt: at('started_at').notNull().defaultNow(),
    endedAt: at('ended_at'),
    /** One sentence of what it did, e.g. "Reused the build of 3 h ago". */
    note: text('note').notNull().default(''),
  },
  (t) => [index('release_steps_release').on(t.releaseId, t.seq)],
);

/** Everything that happened to a deployment, in order: the timeline, and the cursor of live subscriptions. */
export const deploymentEvents = pgTable(
  'deployment_events',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    orgId: orgId(),
    projectId: text('project_id').notNull(),
    deploymentId: text('deployment_id')
      .notNull()
      .references(() => deployments.id, { onDelete: 'cascade' }),
    releaseId: text('release_id'),
    instanceId: text('instance_id'),
    kind: text('kind').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    actorId: text('actor_id'),
    createdAt: createdAt(),
  },
  (t) => [
    index('deployment_events_deployment').on(t.orgId, t.deploymentId, t.seq),
    index('deployment_events_org').on(t.orgId, t.seq),
  ],
);

/** The image that a build produced. One per build key and organization: equal key, same artifact. */
export const artifacts = pgTable(
  'artifacts',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    buildKey: text('build_key').notNull(),
    /** `sha256:…` of the image configuration; the engine's own id. */
    imageId: text('image_id').notNull(),
    /** The name under which the runtime engine holds it: 128 random bits, so that nobody's prune or FROM finds it. */
    reference: text('reference').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    exposedPorts: jsonb('exposed_ports').$type<number[]>().notNull().default([]),
    createdAt: createdAt(),
    /** Since when the engine was looked into and did not have it; null while it is there. */
    missingSince: at('missing_since'),
    /** Set when it was given up: nothing uses it from then on. The row stays as history. */
    removedAt: at('removed_at'),
    /** Set once the engine confirmed that the image of a removed artifact is gone. */
    imageGoneAt: at('image_gone_at'),
  },
  (t) => [
    uniqueIndex('artifacts_key')
      .on(t.orgId, t.buildKey)
      .where(sql`removed_at is null`),
    index('artifacts_to_remove')
      .on(t.removedAt)
      .where(sql`removed_at is not null and image_gone_at is null`),
  ],
);
