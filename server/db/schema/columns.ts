/** Columns that many tables share. */
import { text, timestamp } from 'drizzle-orm/pg-core';
import { organizations } from '#server/db/schema/organizations.ts';

export const id = () => text('id').primaryKey();
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: 'date', precision: 3 });
export const createdAt = () => at('created_at').notNull().defaultNow();
/** Every tenant row names its organization; every statement filters by it, and row-level security stands behind. */
export const orgId = () =>
  text('org_id')
    .notNull()
    .references(() => organizations.id, { onDelete: 'cascade' });
