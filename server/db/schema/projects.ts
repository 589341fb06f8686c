import { boolean, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, createdAt, id, orgId } from '#server/db/schema/columns.ts';
import type { ManifestFile } from '#server/domain/manifest.ts';
import type { Draft, SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind, PowerState, StageKind, VariableScope, VariableUse } from '#server/domain/words.ts';
import { regions } from '#server/db/schema/platform.ts';
import { users } from '#server/db/schema/organizations.ts';

export const projects = pgTable(
  'projects',
  {
    id: id(),
    orgId: orgId(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    /** `null` for projects that started from a repository or an image. */
    template: jsonb('template').$type<{ slug: string; version: number } | null>(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    deletedAt: at('deleted_at'),
  },
  (t) => [uniqueIndex('projects_slug').on(t.orgId, t.slug)],
);

/** Where code comes from. `platform`: a bare repository in the state folder, named by this id. */
export const repositories = pgTable(
  'repositories',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    kind: text('kind').$type<'platform' | 'git'>().notNull(),
    /** Normalised https or ssh URL without credentials; null for the platform's own. */
    url: text('url'),
    credentialId: text('credential_id').references(() => credentials.id, { onDelete: 'set null' }),
    defaultBranch: text('default_branch').notNull().default('main'),
    /** `known_hosts` line pinned at the first contact (ssh). */
    hostKey: text('host_key'),
    createdAt: createdAt(),
  },
  (t) => [index('repositories_project').on(t.orgId, t.projectId)],
);

/** A token or a generated deploy key. Write-only: reads return name, last four characters and the public key. */
export const credentials = pgTable(
  'credentials',
  {
    id: id(),
    orgId: orgId(),
    kind: text('kind').$type<'token' | 'deploy-key'>().notNull(),
    name: text('name').notNull(),
    username: text('username').notNull().default(''),
    /** Sealed with context `<orgId>/<id>`. */
    sealed: text('sealed').notNull(),
    hint: text('hint').notNull().default(''),
    publicKey: text('public_key'),
    createdAt: createdAt(),
  },
  (t) => [index('credentials_org').on(t.orgId)],
);

/** One unit of a project: identity and default settings. What runs is decided by each deployment's draft and releases. */
export const components = pgTable(
  'components',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    /** DNS label; unique in the project. */
    name: text('name').notNull(),
    kind: text('kind').$type<ComponentKind>().notNull(),
    repositoryId: text('repository_id').references(() => repositories.id, { onDelete: 'restrict' }),
    /** `name@sha256:…`; skips the build. Exactly one of repository and image is set. */
    image: text('image'),
    settings: jsonb('settings').$type<SettingsOverrides>().notNull().default({}),
    position: integer('position').notNull().default(0),
    createdAt: createdAt(),
    removedAt: at('removed_at'),
  },
  (t) => [uniqueIndex('components_name').on(t.projectId, t.name), index('components_project').on(t.orgId, t.projectId)],
);

export const deployments = pgTable(
  'deployments',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    regionId: text('region_id')
      .notNull()
      .references(() => regions.id, { onDelete: 'restrict' }),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    stageName: text('stage_name').notNull(),
    stageKind: text('stage_kind').$type<StageKind>().notNull(),
    /** `<slug>-<4 characters>`: unique on the platform, frozen; host label and SSH name. */
    handle: text('handle').notNull(),
    power: text('power').$type<PowerState>().notNull().default('running'),
    /** Why automatic deploys are paused, or null. */
    autoPausedReason: text('auto_paused_reason'),
    /** Rolls back by itself when what went live crashes again and again. */
    autoRevert: boolean('auto_revert').notNull().default(false),
    /** Deploys by itself when a branch of what is live moves. */
    autoDeploy: boolean('auto_deploy').notNull().default(false),
    /** Component id → commit that the last automatic deploy asked for: the same tips never ask twice. */
    autoDeployed: jsonb('auto_deployed').$type<Record<string, string>>(),
    releaseCounter: integer('release_counter').notNull().default(0),
    liveReleaseId: text('live_release_id'),
    /** The generation of routes last asked of the edges; grows by one per publication. */
    routeGeneration: integer('route_generation').notNull().default(0),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    deletedAt: at('deleted_at'),
  },
  (t) => [
    uniqueIndex('deployments_slug').on(t.projectId, t.slug),
    uniqueIndex('deployments_handle').on(t.handle),
    index('deployments_org').on(t.orgId, t.projectId),
  ],
);

/** The editable document of a deployment. `revision` grows with every save; Deploy sends the one it showed. */
export const drafts = pgTable('drafts', {
  deploymentId: text('deployment_id')
    .primaryKey()
    .references(() => deployments.id, { onDelete: 'cascade' }),
  orgId: orgId(),
  revision: integer('revision').notNull().default(1),
  document: jsonb('document').$type<Draft>().notNull(),
  /** The `slipway.yaml` of each repository as it was read last; null before the first look. */
  manifests: jsonb('manifests').$type<ManifestFile[]>(),
  updatedBy: text('updated_by').references(() => users.id, { onDelete: 'set null' }),
  updatedAt: at('updated_at').notNull().defaultNow(),
});

/** Values are versioned rows: a change closes the old row and adds one; releases refer to rows. */
export const variables = pgTable(
  'variables',
  {
    id: id(),
    orgId: orgId(),
    scope: text('scope').$type<VariableScope>().notNull(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    deploymentId: text('deployment_id').references(() => deployments.id, { onDelete: 'cascade' }),
    componentId: text('component_id').references(() => components.id, { onDelete: 'cascade' }),
    key: text('key').notNull(),
    use: text('use').$type<VariableUse>().notNull().default('run'),
    isSecret: text('is_secret').$type<'yes' | 'no'>().notNull().default('no'),
    /** Sealed with context `<orgId>/<id>`, secret or not. */
    sealed: text('sealed').notNull(),
    /** Last four characters of a secret of 12 or more; empty otherwise. */
    hint: text('hint').notNull().default(''),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
    /** Set when a newer version or a deletion replaced this one. */
    replacedAt: at('replaced_at'),
    /** Set when this value must never be used again, also not by a rollback. */
    revokedAt: at('revoked_at'),
  },
  (t) => [
    index('variables_project').on(t.orgId, t.projectId, t.replacedAt),
    index('variables_deployment').on(t.deploymentId),
  ],
);
