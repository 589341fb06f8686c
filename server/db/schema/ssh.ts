/** SSH keys of people. They belong to no organization: what a key may do is read from the memberships of its owner. */
import { index, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, createdAt, id } from '#server/db/schema/columns.ts';
import { users } from '#server/db/schema/organizations.ts';

export const sshKeys = pgTable(
  'ssh_keys',
  {
    id: id(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** The comment of the key, or where it was imported from. */
    name: text('name').notNull(),
    algorithm: text('algorithm').notNull(),
    /** `SHA256:…`, as `ssh-keygen -l` prints it. */
    fingerprint: text('fingerprint').notNull(),
    /** The whole public key, base64: a sign-in looks up exactly this. */
    blob: text('blob').notNull(),
    createdAt: createdAt(),
    lastUsedAt: at('last_used_at'),
    lastUsedFrom: text('last_used_from'),
  },
  (t) => [uniqueIndex('ssh_keys_blob').on(t.blob), index('ssh_keys_user').on(t.userId)],
);
