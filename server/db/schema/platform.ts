/** What belongs to the installation and not to an organization. */
import { bigserial, boolean, index, integer, jsonb, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, createdAt, id, orgId } from '#server/db/schema/columns.ts';
import { users } from '#server/db/schema/organizations.ts';

/** One row per fact: `installation` {id}, `setup` {codeHash, closedAt}, `migration`, … */
export const platformFacts = pgTable('platform_facts', {
  key: text('key').primaryKey(),
  value: jsonb('value').$type<Record<string, unknown>>().notNull(),
  updatedAt: at('updated_at').notNull().defaultNow(),
});

export const regions = pgTable(
  'regions',
  {
    id: id(),
    slug: text('slug').notNull(),
    name: text('name').notNull(),
    runtime: text('runtime').$type<'docker' | 'kubernetes'>().notNull().default('docker'),
    /** Applications answer at `<handle>.<appsDomain>`. */
    appsDomain: text('apps_domain').notNull(),
    /** How a browser reaches the edge, without path: `http://*.apps.localhost:8080` has scheme http and port 8080. */
    appsScheme: text('apps_scheme').$type<'http' | 'https'>().notNull().default('http'),
    appsPort: integer('apps_port').notNull().default(80),
    buildSlots: integer('build_slots').notNull().default(2),
    rolloutSlots: integer('rollout_slots').notNull().default(4),
    /** Active releases per organization, counted when a slot is claimed. */
    orgLimit: integer('org_limit').notNull().default(4),
    enabled: boolean('enabled').notNull().default(true),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('regions_slug').on(t.slug)],
);

/** Who did what. Written by use cases in the same transaction as the change. */
export const auditEntries = pgTable(
  'audit_entries',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    orgId: orgId(),
    actorId: text('actor_id').references(() => users.id, { onDelete: 'set null' }),
    action: text('action').notNull(),
    resourceKind: text('resource_kind').notNull(),
    resourceId: text('resource_id').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (t) => [index('audit_org').on(t.orgId, t.seq)],
);

/** The last answer to a branch poll, one per repository and ref; organization included for the filter. */
export const branchTips = pgTable(
  'branch_tips',
  {
    orgId: orgId(),
    repositoryId: text('repository_id').notNull(),
    ref: text('ref').notNull(),
    commit: text('commit').notNull(),
    message: text('message').notNull().default(''),
    /** The commit and up to 99 before it, newest first: how far a deployment is behind. */
    history: jsonb('history').$type<string[]>().notNull().default([]),
    checkedAt: at('checked_at').notNull().defaultNow(),
    changedAt: at('changed_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.repositoryId, t.ref] }), index('branch_tips_org').on(t.orgId)],
);
