import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { createdAt, id, orgId } from '#server/db/schema/columns.ts';
import { users } from '#server/db/schema/organizations.ts';
import { projects } from '#server/db/schema/projects.ts';
import type { TagComponent } from '#server/domain/tags.ts';

/** A project's names for exact commits. Never changed; the artifacts are those of the releases that refer to it. */
export const tags = pgTable(
  'tags',
  {
    id: id(),
    orgId: orgId(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    notes: text('notes').notNull().default(''),
    components: jsonb('components').$type<readonly TagComponent[]>().notNull(),
    createdBy: text('created_by').references(() => users.id, { onDelete: 'set null' }),
    createdAt: createdAt(),
  },
  (t) => [
    // `V1` and `v1` are one name: nobody should have to tell them apart.
    uniqueIndex('tags_name').on(t.projectId, sql`lower(name)`),
    index('tags_project').on(t.orgId, t.projectId, t.createdAt),
  ],
);
